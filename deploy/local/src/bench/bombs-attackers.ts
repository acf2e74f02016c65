/** The attackers of `bench bombs`, in a thread of their own: what they do must cost whoever measures nothing. */
import { readFileSync } from 'node:fs';
import { constants, getPriority, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { acceptResult, HolderId } from '@enishi/contracts';
import { connectBus } from '@enishi/messaging';
import { layoutFor } from '../layout.js';
import { BOMBS } from './bombs-of-every-kind.js';
import { type BankAnswer, BUSY_RETRY_MS, type OpenOrder, Party } from './sealed-answer.js';

export interface AttackersData {
  readonly dir: string;
  readonly portBase: number;
  readonly connector: { id: string; hash: string };
  readonly attackers: number;
}
export type ToAttackers =
  | { readonly is: 'throw'; readonly what: 'bombs' | 'harmless' }
  | { readonly is: 'pause' }
  | { readonly is: 'known'; readonly orderId: string };
export type FromAttackers =
  | { readonly is: 'ready' }
  | { readonly is: 'paused' }
  | { readonly is: 'order'; readonly order: OpenOrder }
  | { readonly is: 'stored'; readonly kind: string; readonly what: 'bombs' | 'harmless' }
  | { readonly is: 'retried' };

/** Of one attacker: a terminal asks its bank no faster. */
const THROW_EVERY_MS = 1_000;

const port = parentPort;
if (port === null) throw new Error('this file is started as a thread');
const say = (message: FromAttackers) => port.postMessage(message);
const { dir, portBase, connector, attackers } = workerData as AttackersData;
/** As nice as the threads that read. */
const NICER = 5;
// Attackers use their own machines: what they do must take little from those who are measured.
if (process.platform === 'linux') setPriority(Math.min(getPriority() + NICER, constants.priority.PRIORITY_LOW));
const layout = layoutFor(portBase, dir);
const bus = await connectBus({
  service: 'terminal-relay',
  url: `nats://127.0.0.1:${layout.ports.nats}`,
  nkeySeed: readFileSync(layout.path('nats', 'terminal-relay.nk'), 'utf8'),
});

let throwing = false;
const waiting = new Map<string, () => void>();
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** As many bytes that cost nobody anything. */
const harmless = (bomb: BankAnswer): BankAnswer => ({ ...bomb, body: Buffer.alloc(bomb.body.length, ' ') });

const parties = Array.from({ length: attackers }, () => new Party(HolderId.generate(), layout, connector));
/** The next kind of each attacker: rounds go on where the one before ended. */
const next = Array.from({ length: attackers }, (_, i) => i * 5);

async function attack(attacker: number, what: 'bombs' | 'harmless'): Promise<void> {
  const party = parties[attacker] as Party;
  const kinds = Object.entries(BOMBS);
  while (throwing) {
    const at = next[attacker] ?? 0;
    next[attacker] = at + 1;
    const [kind, bomb] = kinds[at % kinds.length] as (typeof kinds)[number];
    const from = performance.now();
    const { order, jwe } = await party.answer(what === 'bombs' ? bomb() : harmless(bomb()));
    await new Promise<void>((resolve) => {
      waiting.set(order.orderId, resolve);
      say({ is: 'order', order });
    });
    for (let taken = false; !taken; ) {
      taken = await bus.request(acceptResult, { orderId: order.orderId, terminalId: order.terminalId, jwe }).then(
        () => true,
        () => false,
      );
      if (!taken) {
        say({ is: 'retried' });
        await pause(BUSY_RETRY_MS);
      }
    }
    say({ is: 'stored', kind, what });
    await pause(Math.max(0, from + THROW_EVERY_MS - performance.now()));
  }
}

port.on('message', (message: ToAttackers) => {
  if (message.is === 'known') {
    waiting.get(message.orderId)?.();
    waiting.delete(message.orderId);
  } else if (message.is === 'pause') throwing = false;
  else {
    throwing = true;
    void Promise.all(Array.from({ length: attackers }, (_, i) => attack(i, message.what))).then(() => say({ is: 'paused' }));
  }
});
say({ is: 'ready' });
