/** What a relay takes of someone who has proven nothing yet (A7). */
import { OrderId } from '@enishi/contracts';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MAX_BYTES_BEFORE_WELCOME } from '../src/serve-terminal/link.js';
import { type Relay, Stage } from './stage.js';

let stage: Stage;
let relay: Relay;
beforeAll(async () => {
  stage = await Stage.open();
  relay = await stage.startRelay();
}, 60_000);
afterAll(async () => stage?.close(), 60_000);

describe('before the welcome', () => {
  it('A7 a link brings no more than a proof takes: it ends before a larger frame is whole', async () => {
    const stranger = stage.connect(relay);
    await stranger.frame('challenge');
    // One frame within the limit of results, of which the end never comes.
    stranger.socket.send('x'.repeat(MAX_BYTES_BEFORE_WELCOME + 1), { fin: false });
    expect(await stranger.end()).toBe(1006);
    expect(stranger.frames).toHaveLength(1);
  });

  it('the largest proof is taken, and after it a result that is larger', async () => {
    const terminal = stage.connect(relay);
    await terminal.frame('challenge');
    terminal.send({ frame: 'hello', proof: `a.${'b'.repeat(99_996)}.c` });
    await terminal.frame('welcome');
    const orderId = OrderId.generate();
    terminal.send({ frame: 'result', orderId, jwe: `a..b.${'c'.repeat(2 * MAX_BYTES_BEFORE_WELCOME)}.d` });
    expect((await terminal.frame('ack')).orderId).toBe(orderId);
  });
});
