/** Every setting of command-dispatcher. Nothing else reads the environment. */
import { directoryPath, durationMs, filePath, integer, oneOf, secretFile, serviceConfig } from '@enishi/config';
import type { z } from 'zod';
import { readConnectors } from './connectors.js';
import { readPlatformKeys } from './platform-keys.js';

export const configSchema = serviceConfig({
  ROOT_FILE: filePath().describe("Statement of the platform's root (JWS)"),
  ORDER_KEY_FILE: secretFile().describe('Private key that signs orders (Ed25519 JWK)'),
  ORDER_KEY_STATEMENT_FILE: filePath().describe("Statement by which the root certifies the order key's public half (JWS)"),
  RESULT_KEY_STATEMENT_FILE: filePath().describe(
    "Statement by which the root certifies the parser's key, to which results are sealed (JWS)",
  ),
  STORAGE_KEY_FILE: secretFile().describe('Key that seals enrolment secrets at rest (32 bytes, base64url)'),
  CONNECTORS_DIR: directoryPath().describe('Signed connectors, one <id>.jws each. A new version in it is taken up within a second'),
  RUN_LEASE_MS: durationMs({ min: 1_000, max: 60_000 })
    .default(5_000)
    .describe('After so long without a sign of the process that drives a run, another takes over'),
  SWEEP_INTERVAL_MS: durationMs({ min: 20, max: 500 }).default(250).describe('How often a process looks for runs that are due'),
  RUNS_AT_ONCE: integer({ min: 1, max: 500 }).default(32).describe('Runs that one process drives at the same time'),
  RESULT_GRACE_MS: durationMs({ min: 100, max: 60_000 })
    .default(10_000)
    .describe("Time for an answer to be carried, stored and read, on top of the order's own time limit"),
  AWAY_RETRY_MS: durationMs({ min: 100, max: 300_000 })
    .default(15_000)
    .describe('How often an order is tried again while its terminal is away; its return is told at once by an event'),
  ENROLMENT_CODE_MS: durationMs({ min: 1_000, max: 3_600_000 }).default(600_000).describe('Life of an enrolment code'),
  ENROLMENT_CODES_PER_HOLDER: integer({ min: 1, max: 100 }).default(5).describe('Enrolment codes of one holder that may be live at once'),
  ENROLMENT_V1: oneOf(['allowed', 'refused'])
    .default('allowed')
    .describe('Enrolment by agents older than v2 of the MAC: what they say of themselves is not vouched for'),
  CONNECTIONS_PER_HOLDER: integer({ min: 1, max: 1_000 }).default(50).describe('Connections of one holder'),
  WATCH_POLL_MS: durationMs({ min: 20, max: 250 })
    .default(100)
    .describe('How often the runs that somebody watches are looked at, all of them together'),
}).superRefine((config, ctx) => {
  // What the files say is part of the configuration: a key that the root has not certified is told at start.
  const keys = readPlatformKeys(config);
  for (const { key, message } of keys.problems) ctx.addIssue({ code: 'custom', path: [key], message });
  if (keys.root === undefined) return;
  for (const message of readConnectors(config.CONNECTORS_DIR, keys.root).problems)
    ctx.addIssue({ code: 'custom', path: ['CONNECTORS_DIR'], message });
});
export type Config = z.infer<typeof configSchema>;
