import { type ConnectionId, type RunProgress, SERVICES } from '@enishi/contracts';
import { setScenario } from '../../demo/bank-truth.js';
import { HANAKO, Holder } from '../../demo/holder.js';
import { forgetConnection, rowsEqualLedger } from '../kill.js';
import { must, type OnCluster, type Proof, say, seconds, until } from './proof.js';

/** Each page of the bank takes so long: a run is then longer than a rollout's first half. */
const SLOW_BANK_MS = 1_200;

interface Disruption {
  readonly what: string;
  readonly by: (on: OnCluster) => Promise<void>;
  /** Resolves when the cluster is whole again. */
  readonly over: (on: OnCluster) => Promise<void>;
}

export const restarts: Proof = {
  name: 'restarts',
  shows:
    'in mid-run every service is restarted, a pod of each deleted, Postgres and NATS restarted: every run finishes, rows equal the ledger',
  async run(on) {
    const { cluster } = on;
    const holder = new Holder(cluster, HANAKO.user);
    const terminalId = await holder.enrolTerminal();
    await holder.startAgent();
    await setScenario(cluster.layout, { slowMs: SLOW_BANK_MS });
    try {
      for (const { what, by, over } of disruptions(on)) {
        const from = performance.now();
        const connectionId = await holder.connectBank(terminalId, HANAKO);
        const { end, disruptedAt } = await disturbedRun(on, holder, connectionId, by);
        must(end.kind === 'finished', `${what}: the run ended ${end.kind} (${end.cause?.code}: ${end.cause?.detail ?? ''})`);
        await rowsEqualLedger(holder);
        await over(on);
        await forgetConnection(holder, connectionId);
        say(
          `${what.padEnd(36)} at entry ${String(disruptedAt).padStart(2)} of ${end.seq} → finished, rows equal the ledger, ${seconds(from)}`,
        );
      }
    } finally {
      await setScenario(cluster.layout, { slowMs: 0 });
      await cluster.stopPart('terminal-agent');
    }
  },
};

/** A run that is disturbed at its eighth journal entry: logged in, accounts read, histories under way. */
async function disturbedRun(
  on: OnCluster,
  holder: Holder,
  connectionId: ConnectionId,
  by: (on: OnCluster) => Promise<void>,
): Promise<{ end: RunProgress; disruptedAt: number }> {
  let disruptedAt = 0;
  const runId = await holder.startRun(connectionId);
  const end = await holder.watchToEnd(
    runId,
    async ({ seq }) => {
      if (disruptedAt > 0 || seq < 8) return;
      disruptedAt = seq;
      await by(on);
    },
    300_000,
  );
  must(disruptedAt > 0 && disruptedAt < end.seq, 'the run was over before it could be disturbed');
  return { end, disruptedAt };
}

function disruptions({ cluster }: OnCluster): Disruption[] {
  const { namespace, options } = cluster;
  const rollout = async (kind: 'deployment' | 'statefulset', name: string) =>
    void (await namespace.kubectl(['rollout', 'status', `${kind}/${name}`, '--timeout=180s']));
  const ready = (service: string, count: number) => async () =>
    void (await until(`${count} ready pods of ${service}`, 120_000, async () =>
      (await cluster.pods(service)).length >= count ? true : undefined,
    ));
  return [
    ...SERVICES.map((service) => ({
      what: `rollout restart of ${service}`,
      by: async () => void (await namespace.kubectl(['rollout', 'restart', `deployment/${options.release}-${service}`])),
      over: () => rollout('deployment', `${options.release}-${service}`),
    })),
    ...SERVICES.map((service) => ({
      what: `a deleted pod of ${service}`,
      by: async () => {
        const [pod] = await cluster.pods(service);
        must(pod !== undefined, `${service} has no ready pod`);
        await namespace.kubectl(['delete', 'pod', pod, '--wait=false', '--grace-period=0', '--force']);
      },
      over: ready(service, 2),
    })),
    ...(['nats', 'postgres'] as const).map((name) => ({
      what: `a deleted pod of ${name}`,
      by: async () => void (await namespace.kubectl(['delete', 'pod', `${name}-0`, '--wait=false'])),
      over: () => rollout('statefulset', name),
    })),
  ];
}
