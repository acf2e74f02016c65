import { get, type IncomingMessage } from 'node:http';
import { failure } from '@enishi/errors';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { behaviour, type Door, openDoor, watchThing } from '../test/door.fixture.js';
import type { ServedInput } from './serves.js';

type Watch = ServedInput<typeof watchThing>;

let door: Door;
beforeAll(async () => {
  door = await openDoor({ limits: { heartbeatMs: 40, firstEventMs: 150, streamsPerHolder: 2, streamLifeMs: 1_500 } });
});
afterAll(() => door.close());
const open: IncomingMessage[] = [];
afterEach(() => {
  for (const stream of open.splice(0)) stream.destroy();
});

/** Opens a stream and collects its text. */
async function watch(headers: Record<string, string> = {}, from: Door = door) {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get(`${from.service.url}/v1/things/abc/events`, { headers: { authorization: `Bearer ${from.token()}`, ...headers } }, resolve).on(
      'error',
      reject,
    );
  });
  open.push(response);
  response.setEncoding('utf8');
  let text = '';
  const changed: (() => void)[] = [];
  response.on('data', (part: string) => {
    text += part;
    for (const resolve of changed.splice(0)) resolve();
  });
  const ended = new Promise<void>((resolve) => response.once('close', resolve));
  /** Resolves when `fact` holds of the text so far. */
  const until = async (fact: (text: string) => boolean) => {
    while (!fact(text)) await new Promise<void>((resolve) => changed.push(resolve));
    return text;
  };
  return { response, until, whole: () => ended.then(() => text), close: () => response.destroy() };
}

/** Resolves when the signal is aborted. */
function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

describe('an event stream', () => {
  it('sends each item as an event with its seq as id, and ends with the iterable', async () => {
    behaviour.watch = async function* () {
      yield { seq: 1, text: 'one' };
      yield { seq: 2, text: 'two\nlines' };
    };
    const stream = await watch();
    expect(stream.response.headers).toMatchObject({ 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' });
    expect(await stream.whole()).toBe('id: 1\ndata: {"seq":1,"text":"one"}\n\nid: 2\ndata: {"seq":2,"text":"two\\nlines"}\n\n');
  });

  it('hands on Last-Event-ID, and refuses one that is none', async () => {
    behaviour.watch = async function* ({ lastEventId }: Watch) {
      yield { seq: (lastEventId ?? 0) + 1, text: 'next' };
    };
    expect(await (await watch({ 'last-event-id': '41' })).whole()).toContain('id: 42\n');
    expect(await (await watch()).whole()).toContain('id: 1\n');
    const refused = await watch({ 'last-event-id': '-1' });
    expect(refused.response.statusCode).toBe(400);
    expect(JSON.parse(await refused.whole())).toMatchObject({ code: 'platform.input_not_valid', place: 'header.last-event-id' });
  });

  it('is opened before its first event, and kept open by comments', async () => {
    let tell: () => void = () => undefined;
    behaviour.watch = async function* () {
      await new Promise<void>((resolve) => {
        tell = resolve;
      });
      yield { seq: 1, text: 'at last' };
    };
    const stream = await watch();
    await stream.until((text) => text.includes(': still here\n\n: still here\n\n'));
    tell();
    expect(await stream.whole()).toMatch(/data: \{"seq":1,"text":"at last"\}\n\n(: still here\n\n)*$/);
  });

  it('tells its iterable when the client has gone', async () => {
    const seen = Promise.withResolvers<void>();
    let returned = false;
    behaviour.watch = async function* ({ signal }: Watch) {
      try {
        yield { seq: 1, text: 'one' };
        await aborted(signal);
      } finally {
        returned = true;
        seen.resolve();
      }
    };
    const stream = await watch();
    await stream.until((text) => text.includes('id: 1'));
    stream.close();
    await seen.promise;
    expect(returned).toBe(true);
  });

  it('refuses with an HTTP status what is refused at once', async () => {
    behaviour.watch = async function* () {
      yield* [];
      throw failure(watchThing, 'thing_unknown', 'There is no such thing.');
    };
    const stream = await watch();
    expect(stream.response).toMatchObject({ statusCode: 404, headers: { 'content-type': 'application/problem+json; charset=utf-8' } });
    expect(JSON.parse(await stream.whole())).toMatchObject({ code: 'parser.thing_unknown' });
  });

  it('tells a later failure as an event of its own, with a cause of ours withheld', async () => {
    behaviour.watch = async function* () {
      yield { seq: 1, text: 'one' };
      throw new Error('canary-thrown');
    };
    const text = await (await watch()).whole();
    expect(text).toMatch(/^id: 1\n.*\n\nevent: problem\ndata: \{.*"code":"platform.broken".*\}\n\n$/);
    expect(text).not.toContain('canary');
  });

  it('never sends an event that its contract does not allow', async () => {
    behaviour.watch = async function* () {
      yield { seq: 1, text: 'one', secret: 'canary' } as { seq: number; text: string };
    };
    const text = await (await watch()).whole();
    expect(text).toContain('platform.broken');
    expect(text).not.toContain('canary');
  });

  it('is refused when its holder has too many open, and let in when one has closed', async () => {
    behaviour.watch = async function* ({ signal }: Watch) {
      yield { seq: 1, text: 'one' };
      await aborted(signal);
    };
    const [first, second] = [await watch(), await watch()];
    await second.until((text) => text.includes('id: 1'));
    const third = await watch();
    expect(third.response).toMatchObject({ statusCode: 503, headers: { 'retry-after': '1' } });
    first.close();
    for (let answered = 503; answered === 503; ) answered = (await watch()).response.statusCode as number;
  });

  it('ends after its life, so that a revoked token does not go on for ever', async () => {
    behaviour.watch = async function* ({ signal }: Watch) {
      yield { seq: 1, text: 'one' };
      await aborted(signal);
    };
    const begun = performance.now();
    await (await watch()).whole();
    expect(performance.now() - begun).toBeGreaterThanOrEqual(1_400);
  });

  it('waits for a client that takes its time: memory does not fill', async () => {
    let made = 0;
    behaviour.watch = async function* ({ signal }: Watch) {
      for (; made < 5_000 && !signal.aborted; ) {
        made += 1;
        yield { seq: made, text: 'x'.repeat(20_000) };
      }
    };
    const stream = await watch();
    stream.response.pause();
    // What the sockets hold on both sides is far below the 100 MB that would be made.
    let before = -1;
    while (made !== before) {
      before = made;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(made).toBeLessThan(2_000);
  });
});

describe('a drain', () => {
  it('ends open event streams, after what was said so far', async () => {
    const own = await openDoor();
    behaviour.watch = async function* ({ signal }: Watch) {
      yield { seq: 1, text: 'one' };
      await aborted(signal);
    };
    const stream = await watch({}, own);
    await stream.until((text) => text.includes('id: 1'));
    const begun = performance.now();
    await own.close();
    expect(await stream.whole()).toBe('id: 1\ndata: {"seq":1,"text":"one"}\n\n');
    expect(stream.response.complete).toBe(true);
    expect(performance.now() - begun).toBeLessThan(2_000);
  });
});
