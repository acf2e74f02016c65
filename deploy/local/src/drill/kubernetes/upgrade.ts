/**
 * A column comes and goes while the platform works, as in docs/kubernetes.md, "Upgrade": release 2 adds it and writes it
 * (expand), release 3 no longer touches it, release 4 drops it (contract). Each release is the image before, with the files
 * that a developer would have changed laid over it.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createConnection, eraseConnection, listAccounts, SERVICES, setAccess } from '@enishi/contracts';
import { HANAKO, Holder } from '../../demo/holder.js';
import type { ClusterPlatform } from '../../kubernetes/cluster-platform.js';
import type { ImageBuilder } from '../../kubernetes/images.js';
import { ROOT } from '../../layout.js';
import { forgetConnection, rowsEqualLedger } from '../kill.js';
import { must, type Proof, say, seconds } from './proof.js';

const EXPAND = `ALTER TABLE "connections" ADD COLUMN "drill_note" TEXT NOT NULL DEFAULT 'by an older release';\n`;
const CONTRACT = `ALTER TABLE "connections" DROP COLUMN "drill_note";\n`;
const MIGRATIONS = 'services/command-dispatcher/prisma/migrations';
const STORE = 'services/command-dispatcher/dist/connection.store.js';
const ASK_EVERY_MS = 40;

export const upgrade: Proof = {
  name: 'upgrade',
  shows: 'helm upgrade through a new column (expand, then contract) under load: no request fails; helm rollback works, under load too',
  async run({ cluster, images }) {
    const { tag, release } = cluster.options;
    const releases = await buildReleases(images, tag);
    const holder = new Holder(cluster, HANAKO.user);
    const terminalId = await holder.enrolTerminal();
    await holder.startAgent();
    const load = new Load(cluster, holder, terminalId);
    await load.start();
    const step = async (what: string, work: () => Promise<unknown>, column: boolean) => {
      const from = performance.now();
      await work();
      const running = await runningTags(cluster);
      say(`${what}: ${seconds(from)}; pods run ${running.join(', ')}; the column is ${(await hasColumn(cluster)) ? 'there' : 'not there'}`);
      must(running.length === 1, `after ${what} pods of several releases stay`);
      must((await hasColumn(cluster)) === column, `after ${what} the column must be ${column ? 'there' : 'gone'}`);
    };
    try {
      await step('expand (release 2)', () => cluster.installEnishi(releases.expand), true);
      await step('helm rollback to release 1', () => rollBack(cluster, release), true);
      await step('expand again (release 2)', () => cluster.installEnishi(releases.expand), true);
      await step('release 3 leaves the column alone', () => cluster.installEnishi(releases.unused), true);
      await step('contract (release 4)', () => cluster.installEnishi(releases.contract), false);
    } finally {
      await load.stop();
    }
    say(`meanwhile ${load.requests} requests and ${load.runs} runs: ${load.failures.length} failed`);
    must(load.failures.length === 0, `under the upgrades failed: ${load.failures.slice(0, 5).join('; ')}`);
    must(load.requests > 200 && load.runs > 1, 'there was hardly any load');
    await cluster.stopPart('terminal-agent');
  },
};

/** Tags of the releases; release 1 is what is installed. */
async function buildReleases(images: ImageBuilder, tag: string): Promise<{ expand: string; unused: string; contract: string }> {
  const tags = { expand: `${tag}-expand`, unused: `${tag}-unused`, contract: `${tag}-contract` };
  const plain = readFileSync(join(ROOT, STORE), 'utf8');
  const expand = { [`${MIGRATIONS}/29990101000000_drill_expand/migration.sql`]: EXPAND };
  const contract = { ...expand, [`${MIGRATIONS}/29990101000001_drill_contract/migration.sql`]: CONTRACT };
  for (const [next, files] of [
    [tags.expand, { ...expand, [STORE]: usingTheColumn(plain) }],
    [tags.unused, { ...expand, [STORE]: plain }],
    [tags.contract, { ...contract, [STORE]: plain }],
  ] as const) {
    for (const service of SERVICES) await images.derive(service, tag, next, service === 'command-dispatcher' ? files : {});
  }
  return tags;
}

/** Release 2 writes the column with every connection that it makes: where the column is not, making one fails. */
function usingTheColumn(store: string): string {
  const before = 'return tx.connection.create({ data: connection });';
  must(store.includes(before), `${STORE} does not make connections as it did; the drill lays its use of the column there`);
  return store.replace(
    before,
    `return tx.connection.create({ data: connection }).then(async (row) => {
            await tx.$executeRaw \`UPDATE connections SET drill_note = 'by release 2' WHERE connection_id = \${row.connectionId}\`;
            return row;
        });`,
  );
}

async function rollBack(cluster: ClusterPlatform, release: string): Promise<void> {
  await cluster.namespace.helm(['rollback', release, '--wait', '--timeout', '180s']);
}

/** Tags of the images of all pods that are to stay. */
async function runningTags(cluster: ClusterPlatform): Promise<string[]> {
  const { items } = await cluster.namespace.json<{
    items: { metadata: { deletionTimestamp?: string }; spec: { containers: { image: string }[] } }[];
  }>(['get', 'pods', '-l', 'app.kubernetes.io/part-of=enishi,app.kubernetes.io/component=service']);
  const staying = items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  return [...new Set(staying.map(({ spec }) => spec.containers[0]?.image.split(':').at(-1) ?? ''))];
}

async function hasColumn(cluster: ClusterPlatform): Promise<boolean> {
  const query = "SELECT count(*) FROM information_schema.columns WHERE table_name = 'connections' AND column_name = 'drill_note'";
  return (
    (await cluster.namespace.kubectl(['exec', 'postgres-0', '--', 'psql', '-U', 'postgres', '-d', 'enishi', '-Atc', query])).trim() === '1'
  );
}

/** Requests that read and write, one after another, and runs, one after another; what fails is kept. */
class Load {
  requests = 0;
  runs = 0;
  readonly failures: string[] = [];
  private going = true;
  private ended: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly cluster: ClusterPlatform,
    private readonly holder: Holder,
    private readonly terminalId: Awaited<ReturnType<Holder['enrolTerminal']>>,
  ) {}

  async start(): Promise<void> {
    await this.holder.api.call(setAccess, { params: { clientId: 'load' }, body: { accounts: 'all', since: null } });
    this.ended = Promise.all([this.ask(), this.readBanks()]);
  }

  async stop(): Promise<void> {
    this.going = false;
    await this.ended;
  }

  private async ask(): Promise<void> {
    const reader = this.holder.device('load');
    while (this.going) {
      try {
        const { connectionId } = await this.holder.api.call(createConnection, {
          body: { connectorId: 'tsubame-bank', terminalId: this.terminalId, label: 'load' },
        });
        await reader.call(listAccounts);
        await this.holder.api.call(eraseConnection, { params: { connectionId } });
        this.requests += 3;
      } catch (error) {
        this.failures.push(`${new Date().toISOString()} ${error instanceof Error ? error.message : String(error)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
    }
  }

  private async readBanks(): Promise<void> {
    while (this.going) {
      try {
        const connectionId = await this.holder.connectBank(this.terminalId, HANAKO);
        const end = await this.holder.watchToEnd(await this.holder.startRun(connectionId));
        if (end.kind !== 'finished') throw new Error(`a run ended ${end.kind}: ${end.cause?.code}`);
        await rowsEqualLedger(this.holder);
        await forgetConnection(this.holder, connectionId);
        this.runs += 1;
      } catch (error) {
        this.failures.push(`${new Date().toISOString()} ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }
}
