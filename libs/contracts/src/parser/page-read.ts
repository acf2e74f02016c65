import { z } from 'zod';
import { Cause } from '../causes.js';
import { PageVerdict } from '../connector.js';
import { OrderId, RunId } from '../ids.js';
import { event } from '../message.js';
import { Text } from '../values.js';

const Value = Text.max(500);

/** What the answer to an order says: the facts that the connector names, nothing else of the page. (A4) */
export const pageRead = event('parser.page.read.v1', {
  summary: 'An answer was read: its kind, its facts and how far it is complete',
  payload: z.strictObject({
    orderId: OrderId,
    runId: RunId,
    /** Kind in the connector's `pages`; null when it is unknown or nothing was fetched. */
    page: Text.max(40).nullable(),
    verdict: PageVerdict,
    facts: z.record(Text, Value),
    lists: z.record(Text, z.array(z.record(Text, Value)).max(1_000)),
    /** Set when the answer itself ends the run (the agent could not ask, the page is unknown, …). */
    cause: Cause.nullable(),
    /** For operators: which rule, marker or field; never a value. */
    detail: Text.max(500).nullable(),
    /** Tells the same page again (NO_PROGRESS): SHA-256 of the body. */
    fingerprint: Text.max(60),
    rows: z.number().int().min(0),
    credentialVersion: Text.max(60).nullable(),
  }),
  hearers: ['command-dispatcher'],
  // A run stands still until a dispatcher that died with the event is known to be dead.
  ackWaitMs: 5_000,
});
