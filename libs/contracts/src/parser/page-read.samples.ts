import type { Samples } from '../message.js';
import { ORDER, RUN, SHA256 } from '../sample-values.js';
import { pageRead } from './page-read.js';

const payload = {
  orderId: ORDER,
  runId: RUN,
  page: 'statement',
  verdict: 'more_needed',
  facts: { nextPage: '2' },
  lists: { accounts: [{ account: '0', kind: 'ordinary' }] },
  cause: null,
  detail: null,
  fingerprint: SHA256,
  rows: 20,
  credentialVersion: 'v1',
};

export const samples: Samples = {
  contract: pageRead,
  released: [
    payload,
    { ...payload, page: null, verdict: 'unknown', facts: {}, lists: {}, cause: 'UNKNOWN_PAGE', detail: 'no page matches', rows: 0 },
    { ...payload, page: null, verdict: 'unknown', cause: 'CERT_EXPIRED', detail: 'peer', fingerprint: '', credentialVersion: null },
  ],
  refused: [
    { ...payload, verdict: 'probably' },
    { ...payload, cause: 'NOT_A_CAUSE' },
    { ...payload, rows: -1 },
    { ...payload, facts: { greeting: 'x'.repeat(501) } },
    { ...payload, lists: { accounts: Array.from({ length: 1_001 }, () => ({})) } },
    { ...payload, html: '<html></html>' },
  ],
};
