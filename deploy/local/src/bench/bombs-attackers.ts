/** The attackers of `bench bombs`, in a thread of their own: what they do must cost whoever measures nothing. */
import { readFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { acceptResult, HolderId } from '@enishi/contracts';
import { connectBus } from '@enishi/messaging';
import { layoutFor } from '../layout.js';
import { BOMBS } from './bombs-of-every-kind.js';
import { BUSY_RETRY_MS, type OpenOrder, Party } from './sealed-answer.js';

export interface AttackersData {
  readonly dir: string;
  readonly portBase: number;
  readonly connector: { id: string; hash: string };
  readonly attackers: number;
}
export type ToAttackers = { readonly is: 'throw' } | { readonly is: 'pause' } | { readonly is: 'known'; readonly orderId: string };
export type FromAttackers =
  | { readonly is: 'ready' }
  | { readonly is: 'paused' }
  | { readonly is: 'order'; readonly order: OpenOrder }
  | { readonly is: 'stored'; readonly kind: string }
  | { readonly is: 'retried' };

const port = parentPort;
if (port === null) throw new Error('this file is started as a thread');
const say = (message: FromAttackers) => port.postMessage(message);
const { dir, portBase, connector, attackers } = workerData as AttackersData;
// Attackers use their own machines.
if (process.platform === 'linux') setPriority(constants.priority.PRIORITY_LOW);
const layout = layoutFor(portBase, dir);
const bus = await connectBus({
  service: 'terminal-relay',
  url: `nats://127.0.0.1:${layout.ports.nats}`,
  nkeySeed: readFileSync(layout.path('nats', 'terminal-relay.nk'), 'utf8'),
});

let throwing = false;
const waiting = new Map<string, () => void>();
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function attack(first: number): Promise<void> {
  const party = new Party(HolderId.generate(), layout, connector);
  const kinds = Object.entries(BOMBS);
  for (let at = first; throwing; at += 1) {
    const [kind, bomb] = kinds[at % kinds.length] as (typeof kinds)[number];
    const { order, jwe } = await party.answer(bomb());
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
    say({ is: 'stored', kind });
  }
}

port.on('message', (message: ToAttackers) => {
  if (message.is === 'known') {
    waiting.get(message.orderId)?.();
    waiting.delete(message.orderId);
  } else if (message.is === 'pause') throwing = false;
  else {
    throwing = true;
    void Promise.all(Array.from({ length: attackers }, (_, i) => attack(i * 5))).then(() => say({ is: 'paused' }));
  }
});
say({ is: 'ready' });
