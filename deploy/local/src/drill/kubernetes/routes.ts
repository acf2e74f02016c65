import { listAccounts, setAccess } from '@enishi/contracts';
import { HANAKO, Holder } from '../../demo/holder.js';
import { rowsEqualLedger } from '../kill.js';
import { must, type Proof, say, until } from './proof.js';

export const routes: Proof = {
  name: 'routes',
  shows:
    'the same holder is served through an Ingress and through a Gateway, chosen by values; probes and metrics are reached through neither',
  async run({ cluster }) {
    const holder = new Holder(cluster, HANAKO.user);
    const terminalId = await holder.enrolTerminal();
    for (const kind of ['gateway', 'ingress'] as const) {
      await cluster.installEnishi(cluster.options.tag, ['--set', `global.routes.kind=${kind}`]);
      await until(`routes by ${kind}`, 30_000, () =>
        holder.api.call(setAccess, { params: { clientId: kind }, body: { accounts: 'all', since: null } }).then(
          () => true,
          () => undefined,
        ),
      );
      await holder.startAgent();
      const connectionId = await holder.connectBank(terminalId, HANAKO);
      const end = await holder.watchToEnd(await holder.startRun(connectionId));
      must(end.kind === 'finished', `through the ${kind} a run ended ${end.kind}: ${end.cause?.code}`);
      await rowsEqualLedger(holder);
      const { accounts } = await holder.device(kind).call(listAccounts);
      const hidden = await Promise.all(['/metrics', '/readyz', '/livez'].map((path) => statusOf(holder, path)));
      must(
        hidden.every((status) => status === 404),
        `through the ${kind} /metrics, /readyz and /livez answer ${hidden.join(', ')}`,
      );
      say(`${kind}: agent attached, run finished, ${accounts.length} accounts read; /metrics, /readyz and /livez: 404`);
      await cluster.stopPart('terminal-agent');
    }
  },
};

function statusOf(holder: Holder, path: string): Promise<number> {
  return holder.api.statusOf('parser', path);
}
