import type { Samples } from '../message.js';
import { JWS, NONCE, SEALING_KEY, SIGNING_KEY } from '../sample-values.js';
import { enrolTerminal } from './enrol-terminal.js';

const request = {
  codeId: 'Y29kZS1pZC1vZi0x',
  keys: { signing: SIGNING_KEY, sealing: SEALING_KEY },
  nonce: NONCE,
  mac: NONCE,
  agent: { version: '0.1.0', platform: 'win32-x64', hostname: 'KEIRI-PC' },
};

const request2 = { ...request, v: 2, agent: { name: 'enishi-agent', ...request.agent, capabilities: ['login-limit', 'of-a-later-agent'] } };

export const samples: Samples = {
  contract: enrolTerminal,
  released: [{ request }, { request: request2 }],
  replies: [{ receipt: JWS }],
  refused: [
    {},
    { request: { ...request, holderId: 'uin_0123456789abcdefghjkmnpqrs' } },
    { request: { ...request, mac: undefined } },
    { request: { ...request, codeId: 'short' } },
    { request: { ...request, keys: { signing: SEALING_KEY, sealing: SIGNING_KEY } } },
    { request: { ...request, keys: { signing: { ...SIGNING_KEY, d: 'a-private-part-must-never-travel' }, sealing: SEALING_KEY } } },
    { request: { ...request, agent: { ...request.agent, hostname: 'x'.repeat(101) } } },
    { request: { ...request, v: 1 } },
    { request: { ...request, v: 2 } },
    { request: { ...request2, v: 3 } },
    { request: { ...request2, v: undefined } },
    { request: { ...request2, agent: { ...request2.agent, capabilities: ['Has Blanks'] } } },
    { request: { ...request2, agent: { ...request2.agent, capabilities: Array.from({ length: 21 }, () => 'x') } } },
  ],
  refusedReplies: [{}, { receipt: 'not a JWS' }, { receipt: JWS, secret: 'x' }],
};
