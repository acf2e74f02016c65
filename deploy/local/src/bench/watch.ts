/** What 1,000 viewers of runs cost others: reads of another holder, beside the same reads before and after, with nobody watching. */

import { readFileSync } from 'node:fs';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { ConnectionId, getRun, type HolderId, RunId, TerminalId, watchRun } from '@enishi/contracts';
import pg from 'pg';
import { databaseUrls } from '../platform/database-urls.js';
import type { Platform } from '../platform/platform.js';
import { holderOf, OWNER_SCOPE, tokenFor } from '../users.js';
import { withPlatform } from '../verbs/demo.js';
import { type Measurement, rounded } from './measurement.js';

const RUNS = 50;
const VIEWERS_OF_A_RUN = 20;
const READS = 600;
/** A line in each journal, this often: what a run that goes on tells. */
const LINE_EVERY_MS = 2_000;
const TARGET_RATIO = 1.5;

export async function watch(): Promise<Measurement[]> {
  const measured: Measurement[] = [];
  await withPlatform('bench-watch', async (platform) => {
    const sql = new pg.Pool({ connectionString: databaseUrls(platform.layout)['command-dispatcher'], max: 2 });
    const runs = Array.from({ length: RUNS }, (_, n) => `viewer${n}`).map((user) => ({
      user,
      holder: holderOf(platform.layout, user),
      runId: RunId.generate(),
    }));
    for (const run of runs) await addRun(sql, run);
    const read = await reader(platform, sql);
    await times(read, 100);
    const before = await times(read, READS);
    const viewers = await openViewers(platform, runs);
    const lines = setInterval(() => void sql.query(ONE_LINE, [runs.map(({ runId }) => runId)]), LINE_EVERY_MS);
    // What the opening itself costs is over.
    await times(read, 100);
    const watched = await times(read, READS);
    clearInterval(lines);
    for (const viewer of viewers) viewer.destroy();
    const after = await times(read, READS);
    await sql.end();
    const quiet = [...before, ...after];
    for (const [name, part] of [
      ['median', 0.5],
      ['p95', 0.95],
    ] as const) {
      const ratio = quantile(watched, part) / quantile(quiet, part);
      measured.push({
        name: `watch.others-read.${name}`,
        value: rounded(quantile(watched, part)),
        unit: 'ms',
        reference: rounded(quantile(quiet, part)),
        referenceIs: 'the same reads before and after, with nobody watching',
        ratio: rounded(ratio),
        target: `ratio <= ${TARGET_RATIO}`,
        ok: ratio <= TARGET_RATIO,
        on: `${RUNS * VIEWERS_OF_A_RUN} viewers of ${RUNS} runs, a line each ${LINE_EVERY_MS} ms, ${READS} reads one after another, viewers and reader in one process`,
      });
    }
  });
  return measured;
}

/** A run that stands: its PC is away for the next hour. */
async function addRun(sql: pg.Pool, { runId, holder }: { runId: RunId; holder: HolderId }): Promise<void> {
  await sql.query(
    `INSERT INTO runs (run_id, connection_id, holder_id, terminal_id, connector_id, connector_version, connector_hash, state,
       period_from, period_to, loop, wake_at, deadline_at)
     VALUES ($1, $2, $3, $4, 'bench', 1, 'x', 'away', now(), now(), '{"queue":[],"seen":[],"steps":0}', now() + interval '1 h', now() + interval '1 h')`,
    [runId, ConnectionId.generate(), holder, TerminalId.generate()],
  );
}

const ONE_LINE = `WITH further AS (UPDATE runs SET journal_seq = journal_seq + 1 WHERE run_id = ANY($1) RETURNING run_id, journal_seq)
  INSERT INTO run_journal (run_id, seq, kind, step, entry) SELECT run_id, journal_seq, 'ordered', 1, '{"request":"history"}' FROM further`;

/** One read of a run by a holder whom nobody watches, over one kept connection. */
async function reader(platform: Platform, sql: pg.Pool): Promise<() => Promise<void>> {
  const holder = holderOf(platform.layout, 'reader');
  const runId = RunId.generate();
  await addRun(sql, { runId, holder });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return async () => {
    const { answer } = await get(platform, 'reader', getRun.path.replace('{runId}', runId), agent);
    if (answer.statusCode !== 200) throw new Error(`the read was answered ${answer.statusCode}`);
    for await (const _ of answer);
  };
}

async function openViewers(platform: Platform, runs: readonly { user: string; runId: RunId }[]): Promise<ClientRequest[]> {
  const viewers: ClientRequest[] = [];
  for (const { user, runId } of runs) {
    const opened = await Promise.all(
      Array.from({ length: VIEWERS_OF_A_RUN }, () => get(platform, user, watchRun.path.replace('{runId}', runId))),
    );
    for (const { asked, answer } of opened) {
      if (answer.statusCode !== 200) throw new Error(`a viewer was answered ${answer.statusCode}`);
      answer.on('error', () => undefined).resume();
      viewers.push(asked);
    }
  }
  return viewers;
}

function get(
  { layout }: Platform,
  user: string,
  path: string,
  agent: Agent | false = false,
): Promise<{ asked: ClientRequest; answer: IncomingMessage }> {
  const service = 'command-dispatcher';
  const token = tokenFor(layout, { user, client: 'bench', service, scope: OWNER_SCOPE });
  return new Promise((resolve, reject) => {
    const asked = request({
      host: '127.0.0.1',
      servername: 'localhost',
      port: layout.ports[service],
      path,
      agent,
      ca: readFileSync(layout.path('pki', 'dev-ca.pem')),
      headers: { authorization: `Bearer ${token}` },
    });
    asked.on('response', (answer) => resolve({ asked, answer }));
    asked.on('error', reject);
    asked.end();
  });
}

async function times(work: () => Promise<void>, count: number): Promise<number[]> {
  const all: number[] = [];
  for (let n = 0; n < count; n += 1) {
    const from = performance.now();
    await work();
    all.push(performance.now() - from);
  }
  return all;
}

function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length * part)] ?? Number.NaN;
}
