/** What the loop of one run remembers between two answers; stored as JSON in the run's row. */
import { Text } from '@enishi/contracts';
import { z } from 'zod';

const Texts = z.record(Text, Text);

/** An order that is still to be issued. */
export const QueuedOrder = z.strictObject({
  /** Name in the connector's `requests`. */
  request: Text,
  /** What the request is for, for example which account. */
  params: Texts,
  /** Facts of the page that led here. */
  facts: Texts,
});
export type QueuedOrder = z.infer<typeof QueuedOrder>;

export const LoopState = z.strictObject({
  /** Orders to come, next first. */
  queue: z.array(QueuedOrder),
  /** One mark per answer read: which page came for which request and params. */
  seen: z.array(Text),
  /** Orders issued so far. */
  steps: z.number().int().min(0),
});
export type LoopState = z.infer<typeof LoopState>;
