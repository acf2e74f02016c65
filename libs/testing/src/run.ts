import { readFileSync } from 'node:fs';
import { announcedRun } from './environment-config.js';

/** What global setup has started, as the workers read it. */
export interface TestRun {
  /** Everything of this run lies in it, and goes with it. */
  dir: string;
  /** Of the run's Postgres, database `postgres`. */
  adminUrl: string;
  /** Roles belong to the whole server, so all test files give a service's role the same password. */
  rolePassword: string;
  natsBinary: string;
}

let known: TestRun | undefined;

export function testRun(): TestRun {
  known ??= JSON.parse(readFileSync(announcedRun(), 'utf8')) as TestRun;
  return known;
}
