/** Every setting of terminal-relay. Nothing else reads the environment. */
import { durationMs, host, integer, port, serviceConfig } from '@enishi/config';
import { PING_INTERVAL_MS, SILENCE_LIMIT_MS } from '@enishi/contracts';
import type { z } from 'zod';

export const configSchema = serviceConfig({
  RELAY_HOST: host().default('127.0.0.1').describe("Address that the terminals' door listens on"),
  RELAY_PORT: port().describe("Port of the terminals' door (WSS); 0: any free one"),
  ACCEPT_PER_SECOND: integer({ min: 1, max: 10_000 })
    .default(100)
    .describe('New links a second, at most; the others are told when to come again'),
  LINKS_AT_ONCE: integer({ min: 1, max: 100_000 }).default(10_000).describe('Links of this process, at most'),
  HANDSHAKE_TIMEOUT_MS: durationMs({ min: 100, max: 60_000 }).default(10_000).describe('Time to say hello after the link is open'),
  FRAMES_PER_SECOND: integer({ min: 1, max: 10_000 })
    .default(50)
    .describe('Frames a second of one link, at most; ten seconds may be saved up'),
  RESULTS_AT_ONCE: integer({ min: 1, max: 100 }).default(4).describe('Results of one link that are being carried at once'),
  RESULT_BYTES_AT_ONCE: integer({ min: 1_048_576, max: 4_294_967_296 })
    .default(134_217_728)
    .describe('Bytes of results that this process carries at once'),
  TAKEN_TIMEOUT_MS: durationMs({ min: 100, max: 5_500 })
    .default(4_500)
    .describe('Time for a terminal to take an order; less than its caller waits'),
  PING_MS: durationMs({ min: 50, max: 60_000 }).default(PING_INTERVAL_MS).describe('How often a link is pinged'),
  SILENCE_MS: durationMs({ min: 100, max: 120_000 }).default(SILENCE_LIMIT_MS).describe('A link that is silent for so long is gone'),
}).superRefine((config, ctx) => {
  // A7: there is no way to run this door without TLS.
  if (config.HTTP_TLS_CERT_FILE === undefined)
    ctx.addIssue({ code: 'custom', path: ['HTTP_TLS_CERT_FILE'], message: 'must be set: terminals are served by TLS only' });
  if (config.SILENCE_MS < 2 * config.PING_MS)
    ctx.addIssue({ code: 'custom', path: ['SILENCE_MS'], message: 'must be at least twice PING_MS' });
});
export type Config = z.infer<typeof configSchema>;
