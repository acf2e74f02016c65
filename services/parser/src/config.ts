/** Every setting of parser. Nothing else reads the environment. */
import { directoryPath, durationMs, filePath, integer, secretFile, serviceConfig } from '@enishi/config';
import type { z } from 'zod';
import { readConnectors } from './connectors.js';
import { readPlatformKeys } from './platform-keys.js';

export const configSchema = serviceConfig({
  ROOT_FILE: filePath().describe("Statement of the platform's root (JWS)"),
  RESULT_KEY_FILE: secretFile().describe('Private key to which terminals seal their results (X25519 JWK)'),
  IDENTITY_KEY_FILE: secretFile().describe(
    'Key of the hashes by which an account is known again (32 bytes, base64url). Another key makes every account a new one',
  ),
  CONNECTORS_DIR: directoryPath().describe(
    'Signed connectors, one <id>.jws each. A new version in it is taken up when it is first asked for',
  ),
  SEALED_PAGE_DAYS: integer({ min: 1, max: 90 }, 'days').default(7).describe('How long the sealed answers of banks are kept'),
  READING_THREADS: integer({ min: 1, max: 32 }).default(2).describe('Threads that read answers of banks; each needs READING_MEMORY_MB'),
  READING_DEADLINE_MS: durationMs({ min: 50, max: 4_000 })
    .default(1_000)
    .describe('Processor time for one answer; one that needs more is kept as a page that nobody knows'),
  READING_MEMORY_MB: integer({ min: 16, max: 1_024 }, 'MiB')
    .default(96)
    .describe('Memory for one answer; one that needs more is kept as a page that nobody knows'),
  READING_MAX_NODES: integer({ min: 1_000, max: 2_000_000 })
    .default(100_000)
    .describe('Elements and attributes of one HTML page; one that has more is kept as a page that nobody knows'),
  READING_QUEUE: integer({ min: 1, max: 256 }, 'answers')
    .default(64)
    .describe('Answers that wait for a thread; the terminal of one more comes again'),
  READING_WAIT_MS: durationMs({ min: 50, max: 4_000 })
    .default(2_500)
    .describe('Time that an answer waits for a thread; then its terminal comes again'),
  RUN_MAX_ROWS: integer({ min: 100, max: 200_000 })
    .default(20_000)
    .describe('Rows that all answers of one run may hold together; a run that holds more is refused as incomplete'),
  RUN_MAX_MB: integer({ min: 1, max: 256 }, 'MiB')
    .default(8)
    .describe('What is read of all answers of one run, as text; a run that holds more is refused as incomplete'),
  SWEEP_INTERVAL_MS: durationMs({ min: 20, max: 3_600_000 }).default(600_000).describe('How often expired answers are looked for'),
  CLIENTS_PER_HOLDER: integer({ min: 1, max: 1_000 }).default(50).describe('Clients that one holder may let see something'),
}).superRefine((config, ctx) => {
  const keys = readPlatformKeys(config);
  for (const { key, message } of keys.problems) ctx.addIssue({ code: 'custom', path: [key], message });
  if (keys.root === undefined) return;
  for (const message of readConnectors(config.CONNECTORS_DIR, keys.root).problems)
    ctx.addIssue({ code: 'custom', path: ['CONNECTORS_DIR'], message });
});
export type Config = z.infer<typeof configSchema>;
