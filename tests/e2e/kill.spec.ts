/** The kill drill, small and seeded: every process once (`./enishi drill kill` runs it at any size). */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { killDuringRun, type Prepared, prepare, TARGETS } from '../../deploy/local/src/drill/kill.js';
import type { Platform } from '../../deploy/local/src/platform/platform.js';
import { localPlatform, type OwnPlatform } from './own-platform.js';

let own: OwnPlatform<Platform>;
let prepared: Prepared;
beforeAll(async () => {
  own = await localPlatform();
  prepared = await prepare(own.platform);
}, 180_000);
afterAll(async () => own?.stop(), 60_000);

describe('kill -9 in mid-run', () => {
  it.each(TARGETS.map((target, index) => [target, index] as const))(
    'A4 %s: the run ends finished or with a named cause, rows equal the ledger, the login is not sent twice',
    async (target, index) => {
      const atSeq = 3 + ((index * 7) % (prepared.journalLength - 6));
      const report = await killDuringRun(own.platform, prepared, target, atSeq);
      // What is stored, and that the login went out once, is measured inside; only the PC may end its own run.
      expect(report).toMatchObject(target === 'terminal-agent' ? { logins: 1 } : { outcome: 'finished', cause: null, logins: 1 });
    },
    120_000,
  );
});
