import { listTerminals } from '@enishi/contracts';
import { HANAKO, Holder } from '../../demo/holder.js';
import { metricsOf, sampleOf } from '../../kubernetes/metrics.js';
import { rowsEqualLedger } from '../kill.js';
import { must, type Proof, say, until } from './proof.js';

const ATTACHED = 'enishi_terminals_attached';
const ANSWERED = 'enishi_request_seconds_count{subject="terminal-relay.presence.get.v1",side="server"';
const ASKS = 12;

export const replicas: Proof = {
  name: 'replicas',
  shows:
    'with two replicas of each service, a terminal that is attached to one relay is reached through the other, and runs go through any',
  async run({ cluster }) {
    const relays = await cluster.pods('terminal-relay');
    must(relays.length >= 2, `there are ${relays.length} relays`);
    const holder = new Holder(cluster, HANAKO.user);
    const terminalId = await holder.enrolTerminal();
    await holder.startAgent();
    const attached = async () =>
      Promise.all(relays.map(async (pod) => ({ pod, count: sampleOf(await metricsOf(cluster, pod), ATTACHED) })));
    const where = await until('the terminal is attached to one relay', 20_000, async () => {
      const counts = await attached();
      return counts.filter(({ count }) => count === 1).length === 1 ? counts : undefined;
    });
    const holding = where.find(({ count }) => count === 1)?.pod ?? '';
    const other = where.find(({ count }) => count === 0)?.pod ?? '';
    const answeredBefore = sampleOf(await metricsOf(cluster, other), ANSWERED);
    for (let ask = 0; ask < ASKS; ask += 1) {
      const { terminals } = await holder.api.call(listTerminals);
      must(
        terminals.some((terminal) => terminal.terminalId === terminalId && terminal.attached),
        'a relay said that the terminal is not attached',
      );
    }
    const answered = sampleOf(await metricsOf(cluster, other), ANSWERED) - answeredBefore;
    say(`attached to ${holding}; ${other} answered ${answered} of ${ASKS} questions for it, each time: attached`);
    must(answered > 0, 'the other relay was never asked');

    const connectionId = await holder.connectBank(terminalId, HANAKO);
    // The relay that holds the terminal goes: the agent comes to the other one, and the next run goes through it.
    for (const round of ['through the first relay', 'through the other, after the first was deleted']) {
      const end = await holder.watchToEnd(await holder.startRun(connectionId));
      must(end.kind === 'finished', `a run ${round} ended ${end.kind}: ${end.cause?.code}`);
      await rowsEqualLedger(holder);
      say(`a run ${round}: finished, rows equal the ledger`);
      if (round === 'through the first relay') {
        await cluster.namespace.kubectl(['delete', 'pod', holding, '--wait=false']);
        await until('the terminal is attached to the other relay', 60_000, async () =>
          sampleOf(await metricsOf(cluster, other), ATTACHED) === 1 ? true : undefined,
        );
      }
    }
    await cluster.stopPart('terminal-agent');
  },
};
