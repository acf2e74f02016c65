/** `dead-letters`: what could not be handled, with its payload; replay it when the cause is mended, or discard it. */
import { existsSync } from 'node:fs';
import { DeadLetters } from '@enishi/messaging';
import { ExpectedFailure } from '../expected-failure.js';
import type { Layout } from '../layout.js';
import { operatorLogin } from '../nats-keys.js';
import { table } from '../terminal-output.js';

const ACTIONS = ['list', 'show', 'replay', 'discard'];

export async function deadLettersVerb(layout: Layout, action: string, sequence: string | undefined): Promise<void> {
  if (!ACTIONS.includes(action)) throw new ExpectedFailure(`There is no action '${action}'. Actions: ${ACTIONS.join(', ')}.`, 64);
  const seq = Number(sequence);
  if (action !== 'list' && !(Number.isInteger(seq) && seq > 0))
    throw new ExpectedFailure(`Say which: ./enishi dead-letters ${action} N (list tells the numbers).`, 64);
  if (!existsSync(layout.path('endpoints.json'))) throw new ExpectedFailure('The platform is not up. Start it with ./enishi up.');
  const letters = await DeadLetters.connect(operatorLogin(layout));
  try {
    await act(letters, action, seq);
  } finally {
    await letters.close();
  }
}

async function act(letters: DeadLetters, action: string, seq: number): Promise<void> {
  if (action === 'show') process.stdout.write(`${JSON.stringify(await letters.show(seq), null, 2)}\n`);
  if (action === 'replay') process.stdout.write(`Replayed to ${(await letters.replay(seq)).service}.\n`);
  if (action === 'discard') {
    await letters.discard(seq);
    process.stdout.write('Discarded.\n');
  }
  if (action === 'list') {
    const all = await letters.list();
    const rows = all.map((letter) => [
      String(letter.seq),
      letter.parkedAt,
      letter.service,
      letter.subject,
      letter.code,
      String(letter.deliveries),
    ]);
    process.stdout.write(
      all.length === 0 ? 'There are none.\n' : `${table([['N', 'parked at', 'service', 'subject', 'code', 'deliveries'], ...rows])}\n`,
    );
  }
}
