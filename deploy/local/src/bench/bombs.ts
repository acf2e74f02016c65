/**
 * What others notice while answers come that are made to cost: reads over HTTP and answers of other holders, beside the same
 * load without them, and beside harmless answers of the same sizes, in turns in one run. The parser is the real one of a platform; dispatcher and relay are stood in for.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { acceptResult, commitRun, getOrder, HolderId, listAccounts, listTransactions, setAccess } from '@enishi/contracts';
import { sha256 } from '@enishi/crypto';
import { connectBus } from '@enishi/messaging';
import { Holder } from '../demo/holder.js';
import { ExpectedFailure } from '../expected-failure.js';
import { ROOT } from '../layout.js';
import { signConnector } from '../pki.js';
import type { Platform } from '../platform/platform.js';
import { holderOf } from '../users.js';
import { withPlatform } from '../verbs/demo.js';
import type { AttackersData, FromAttackers, ToAttackers } from './bombs-attackers.js';
import { BOMBS } from './bombs-of-every-kind.js';
import { type Measurement, rounded } from './measurement.js';
import { BUSY_RETRY_MS, type OpenOrder, Party } from './sealed-answer.js';

/** Quiet and bombs in turns: what else the machine does meets both alike. */
const ROUNDS = 5;
const ROUND_MS = 8_000;
const READ_EVERY_MS = 25;
const ANSWER_EVERY_MS = 100;
/** Holders that throw, each one bomb after another. */
const ATTACKERS = 3;
const TARGET_RATIO = 1.5;
/** Below the memory of a pod, helm/parser/values.yaml. */
const TARGET_RSS_MIB = 768;

interface Seen {
  reads: number[];
  answers: number[];
  rssMib: number;
}
const SAMPLES = join(ROOT, 'examples', 'bank', 'samples');

export async function bombs(): Promise<Measurement[]> {
  const quiet: Seen = { reads: [], answers: [], rssMib: 0 };
  const harmless: Seen = { reads: [], answers: [], rssMib: 0 };
  const loud: Seen = { reads: [], answers: [], rssMib: 0 };
  const stored: Record<string, number> = {};
  let retried = 0;
  await withPlatform('bench-bombs', async (platform) => {
    const scene = await Scene.set(platform);
    try {
      scene.attackers.on('message', (message: FromAttackers) => {
        if (message.is === 'stored' && message.what === 'bombs') stored[message.kind] = (stored[message.kind] ?? 0) + 1;
        if (message.is === 'retried') retried += 1;
      });
      // The first of everything compiles and opens connections.
      await scene.watch({ reads: [], answers: [], rssMib: 0 }, 3_000);
      for (let round = 0; round < ROUNDS; round += 1) {
        await scene.watch(quiet, ROUND_MS);
        for (const [what, seen] of [
          ['harmless', harmless],
          ['bombs', loud],
        ] as const) {
          scene.tell({ is: 'throw', what });
          await scene.watch(seen, ROUND_MS);
          const paused = scene.heard('paused');
          scene.tell({ is: 'pause' });
          await paused;
        }
      }
    } finally {
      await scene.end();
    }
  });
  const missing = Object.keys(BOMBS).filter((kind) => !stored[kind]);
  if (missing.length > 0) throw new ExpectedFailure(`These bombs were never taken: ${missing.join(', ')}.`);
  const thrown = Object.values(stored).reduce((sum, count) => sum + count, 0);
  const on = `${ROUNDS} rounds of ${ROUND_MS / 1_000} s each: quiet, harmless answers of the same sizes, bombs; ${ATTACKERS} holders threw ${thrown} of ${Object.keys(BOMBS).length} kinds, all taken for good, ${retried} of them put off first`;
  const p99 = (name: string, values: readonly number[], reference: readonly number[], beside: string, what: string): Measurement => {
    const [value, quietly] = [quantile(values, 0.99), quantile(reference, 0.99)];
    return {
      name,
      value: rounded(value),
      unit: 'ms (p99)',
      reference: rounded(quietly),
      referenceIs: `${beside}; medians: ${rounded(quantile(values, 0.5))} and ${rounded(quantile(reference, 0.5))} ms`,
      ratio: rounded(value / quietly),
      target: `ratio <= ${TARGET_RATIO}`,
      ok: value / quietly <= TARGET_RATIO,
      on: `${values.length} ${what}; ${on}`,
    };
  };
  return [
    ...(
      [
        ['quiet', quiet, 'the same while nothing else comes'],
        ['harmless', harmless, 'the same beside harmless answers of the same sizes'],
      ] as const
    ).flatMap(([name, reference, beside]) => [
      p99(`bombs.reads.${name}`, loud.reads, reference.reads, beside, 'lists of transactions over HTTP'),
      p99(`bombs.answers.${name}`, loud.answers, reference.answers, beside, 'answers of other holders, from the relay to stored'),
    ]),
    {
      name: 'bombs.memory',
      value: rounded(loud.rssMib),
      unit: 'MiB (most)',
      reference: rounded(quiet.rssMib),
      referenceIs: 'while nothing else comes',
      ratio: rounded(loud.rssMib / quiet.rssMib),
      target: `value <= ${TARGET_RSS_MIB} MiB`,
      ok: loud.rssMib <= TARGET_RSS_MIB,
      on: `resident memory of the parser; ${on}`,
    },
  ];
}

function quantile(values: readonly number[], at: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * at))] ?? Number.NaN;
}

type Bus = Awaited<ReturnType<typeof connectBus>>;

class Scene {
  private readonly orders = new Map<string, OpenOrder>();

  private constructor(
    private readonly platform: Platform,
    private readonly dispatcher: Bus,
    private readonly relay: Bus,
    readonly attackers: Worker,
    private readonly bank: { id: string; hash: string },
  ) {
    dispatcher.subscribe(getOrder.subject, {
      queue: 'command-dispatcher',
      callback: (error, message) => {
        if (error !== null) return;
        dispatcher.answering.answer(getOrder, message, (input) => {
          const order = this.orders.get(getOrder.input.parse(input).orderId);
          if (!order) throw new Error('an answer to an order that nobody made');
          return order;
        });
      },
    });
    attackers.on('message', (message: FromAttackers) => {
      if (message.is !== 'order') return;
      this.orders.set(message.order.orderId, message.order);
      this.tell({ is: 'known', orderId: message.order.orderId });
    });
  }

  static async set(platform: Platform): Promise<Scene> {
    const { layout } = platform;
    await Promise.all(['command-dispatcher', 'terminal-relay'].map((name) => platform.stopPart(name)));
    const bus = (service: 'command-dispatcher' | 'terminal-relay') =>
      connectBus({
        service,
        url: `nats://127.0.0.1:${layout.ports.nats}`,
        nkeySeed: readFileSync(layout.path('nats', `${service}.nk`), 'utf8'),
      });
    const hostile = connectorOf(platform, 'hostile-bank', (connector) => {
      for (const request of Object.values(connector.requests)) request.maxBytes = 2_097_152;
      connector.pages.login = {
        ...connector.pages.login,
        match: { as: 'html', markers: [{ select: 'h2' }] },
        facts: { csrf: { select: 'h2', capture: '^((?:a+)+)$' } },
      };
    });
    const workerData: AttackersData = { dir: layout.dir, portBase: layout.portBase, connector: hostile, attackers: ATTACKERS };
    const attackers = new Worker(new URL('./bombs-attackers.js', import.meta.url), { workerData });
    const scene = new Scene(
      platform,
      await bus('command-dispatcher'),
      await bus('terminal-relay'),
      attackers,
      connectorOf(platform, 'tsubame-bank', () => undefined),
    );
    await scene.heard('ready');
    await scene.commitHonestData();
    return scene;
  }

  tell(message: ToAttackers): void {
    this.attackers.postMessage(message);
  }

  heard(what: FromAttackers['is']): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (message: FromAttackers) => {
        if (message.is !== what) return;
        this.attackers.off('message', look).off('error', reject);
        resolve();
      };
      this.attackers.on('message', look).once('error', reject);
    });
  }

  private async send(party: Party, request: string, sample: string, contentType: string, params = {}): Promise<void> {
    const { order, jwe } = await party.answer({ request, params, contentType, body: readFileSync(join(SAMPLES, sample)) });
    this.orders.set(order.orderId, order);
    const { orderId, terminalId } = order;
    for (;;) {
      try {
        await this.relay.request(acceptResult, { orderId, terminalId, jwe });
        return;
      } catch {
        // As a terminal does that is told to come again: the wait is part of what is measured.
        await new Promise((resolve) => setTimeout(resolve, BUSY_RETRY_MS));
      }
    }
  }

  /** What the reads over HTTP show. */
  private async commitHonestData(): Promise<void> {
    const party = new Party(holderOf(this.platform.layout, 'hanako'), this.platform.layout, this.bank);
    await this.send(party, 'accounts', 'accounts.html', HTML);
    await this.send(party, 'zengin', 'ordinary.zengin', 'application/octet-stream', { account: 'C7B350C20EEC' });
    const { runId, connectionId, holderId } = party;
    await this.dispatcher.request(commitRun, { runId, connectionId, holderId });
    const phone = { clientId: 'phone' };
    await new Holder(this.platform, 'hanako').api.call(setAccess, { params: phone, body: { accounts: 'all', since: null } });
  }

  /** Reads and answers at a fixed pace for `ms`, whether or not those before have come back. */
  async watch(seen: Seen, ms: number): Promise<void> {
    const phone = new Holder(this.platform, 'hanako').device('phone');
    const { accounts } = await phone.call(listAccounts);
    const account = accounts.find(({ balance }) => balance !== null);
    if (!account) throw new Error('the holder has no account to read');
    const { accountId } = account;
    const underWay: Promise<unknown>[] = [];
    const timed = (into: number[], work: () => Promise<unknown>) => {
      const from = performance.now();
      underWay.push(work().then(() => into.push(performance.now() - from)));
    };
    const end = performance.now() + ms;
    let [nextRead, nextAnswer] = [performance.now(), performance.now()];
    while (performance.now() < end) {
      const now = performance.now();
      if (now >= nextRead) {
        nextRead += READ_EVERY_MS;
        timed(seen.reads, () => phone.call(listTransactions, { params: { accountId }, query: { limit: 50 } }));
      }
      if (now >= nextAnswer) {
        nextAnswer += ANSWER_EVERY_MS;
        const party = new Party(HolderId.generate(), this.platform.layout, this.bank);
        timed(seen.answers, () => this.send(party, 'history', 'history-1.html', HTML, { account: 'D30551082FB6' }));
        seen.rssMib = Math.max(seen.rssMib, this.residentMib());
      }
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, Math.min(nextRead, nextAnswer) - performance.now())));
    }
    await Promise.all(underWay);
  }

  private residentMib(): number {
    const pid = this.platform.parts().find(({ name }) => name === 'parser')?.pid;
    const file = `/proc/${pid}/statm`;
    // Pages of 4 KiB; where there is no /proc, ps knows.
    if (process.platform === 'linux') return (Number(readFileSync(file, 'utf8').split(' ')[1]) * 4) / 1_024;
    return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) / 1_024;
  }

  async end(): Promise<void> {
    await this.attackers.terminate();
    await Promise.all([this.dispatcher.drain(), this.relay.drain()]);
  }
}

const HTML = 'text/html; charset=Shift_JIS';

interface LooseConnector {
  id: string;
  requests: Record<string, { maxBytes: number }>;
  pages: Record<string, object>;
}

/** The example bank's connector, changed and signed. */
function connectorOf({ layout }: Platform, id: string, change: (connector: LooseConnector) => void): { id: string; hash: string } {
  const connector = JSON.parse(readFileSync(join(ROOT, 'examples', 'bank', 'connector.json'), 'utf8')) as LooseConnector;
  change(connector);
  const file = layout.path(`${id}.json`);
  writeFileSync(file, JSON.stringify({ ...connector, id }));
  signConnector(layout, file, {
    origin: `https://localhost:${layout.ports.bank}`,
    serverCa: readFileSync(layout.path('bank', 'ca.pem'), 'utf8'),
  });
  return { id, hash: sha256(readFileSync(layout.path('connectors', `${id}.jws`), 'utf8').trim()) };
}
