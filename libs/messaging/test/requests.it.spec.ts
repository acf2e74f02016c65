import {
  acceptResult,
  closeSession,
  commitRun,
  deliverOrder,
  getPresence,
  type In,
  OrderId,
  type Out,
  SessionId,
  TerminalId,
} from '@enishi/contracts';
import { AppError, failure, platformError } from '@enishi/errors';
import { exposition } from '@enishi/telemetry';
import { type FreshNats, freshNats, waitFor } from '@enishi/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type ArgumentMetadata, Controller, type INestMicroservice, Injectable, type PipeTransform, UsePipes } from '@nestjs/common';
import { type Bus, connectBus } from '../src/bus.js';
import { Answers } from '../src/decorators.js';
import { MAX_ANSWERS_AT_ONCE } from '../src/limits.js';
import { failureOf, keptLog, type LogLine, startService } from './parts.js';

const input = (): In<typeof acceptResult> => ({ orderId: OrderId.generate(), terminalId: TerminalId.generate(), jwe: 'e.e.e.e.e' });

/** What the controllers below do; each test says it. */
let behave: (given: In<typeof acceptResult>) => Out<typeof acceptResult> | Promise<Out<typeof acceptResult>>;

@Injectable()
class SeesAll implements PipeTransform {
  static seen = 0;
  transform(value: unknown, _metadata: ArgumentMetadata): unknown {
    SeesAll.seen += 1;
    return value;
  }
}

@Controller()
class ParserController {
  @Answers(acceptResult)
  @UsePipes(SeesAll)
  accept(given: In<typeof acceptResult>): Out<typeof acceptResult> | Promise<Out<typeof acceptResult>> {
    return behave(given);
  }
}

let nats: FreshNats;
let relay: Bus;
let relayLines: LogLine[];
let parser: { lines: LogLine[]; app: INestMicroservice; bus: Bus; stop(): Promise<void> };

beforeAll(async () => {
  nats = await freshNats();
});
beforeEach(async () => {
  const kept = keptLog('terminal-relay');
  relayLines = kept.lines;
  relay = await connectBus({ service: 'terminal-relay', url: nats.url, nkeySeed: nats.seed('terminal-relay'), log: kept.log });
  parser = await startService(nats, 'parser', [ParserController], { handles: [acceptResult] });
});
afterEach(async () => {
  await parser.stop();
  await relay.drain();
});
afterAll(() => nats.stop());

describe('a request', () => {
  it('is answered by a Nest handler, with its pipes, and both ends have parsed it', async () => {
    const given = input();
    let got: unknown;
    behave = (value) => {
      got = value;
      return { stored: true };
    };
    const pipesBefore = SeesAll.seen;
    expect(await relay.request(acceptResult, given)).toEqual({ stored: true });
    expect(got).toEqual(given);
    expect(SeesAll.seen).toBe(pipesBefore + 1);
  });

  it.each(['result_refused', 'order_not_open'] as const)('fails under the code that the handler threw: %s', async (reason) => {
    behave = () => {
      throw failure(acceptResult, reason, 'Plain words.', { place: 'input.jwe', cause: new Error('private') });
    };
    const error = await failureOf(relay.request(acceptResult, input()));
    expect(error).toBeInstanceOf(AppError);
    expect(error).toMatchObject({
      code: `parser.${reason}`,
      kind: acceptResult.errors[reason],
      message: 'Plain words.',
      place: 'input.jwe',
    });
    expect(error.cause).toBeUndefined();
  });

  it('fails as platform.broken when the handler threw something else: the message stays there, the cause is logged once', async () => {
    behave = () => {
      throw new Error('column "balance" of holder uin_x');
    };
    const error = await failureOf(relay.request(acceptResult, input()));
    expect(error).toMatchObject({ code: 'platform.broken', kind: 'broken' });
    expect(JSON.stringify([error.message, error.cause ?? null])).not.toContain('balance');
    const logged = parser.lines.filter(({ err }) => err?.message?.includes('column "balance"'));
    expect(logged).toHaveLength(1);
    expect(logged[0]).toMatchObject({ level: 'error', subject: acceptResult.subject });
    expect(relayLines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('fails as platform.broken when the handler threw a code that the contract does not declare', async () => {
    behave = () => {
      throw new AppError('parser.something_new', 'conflict', 'Words.');
    };
    expect(await failureOf(relay.request(acceptResult, input()))).toMatchObject({ code: 'platform.broken' });
    expect(parser.lines.filter(({ level, err }) => level === 'error' && err?.message === 'Words.')).toHaveLength(1);
  });

  it('carries platform codes of the handler, so that busy stays busy', async () => {
    behave = () => {
      throw platformError('not_available', 'The database is away.');
    };
    expect(await failureOf(relay.request(acceptResult, input()))).toMatchObject({ code: 'platform.not_available', kind: 'busy' });
  });

  it('with input that does not fit never leaves the caller', async () => {
    let called = false;
    behave = () => {
      called = true;
      return { stored: true };
    };
    const wrong = { ...input(), orderId: 'order_1' as never };
    expect(await failureOf(relay.request(acceptResult, wrong))).toMatchObject({ code: 'platform.input_not_valid', place: 'input.orderId' });
    expect(called).toBe(false);
  });

  it.each([
    ['not JSON', new TextEncoder().encode('{'), 'input'],
    ['not UTF-8', Uint8Array.of(0x22, 0xff, 0x22), 'input'],
    ['empty', new Uint8Array(), 'input'],
    ['without a field', new TextEncoder().encode(JSON.stringify({ ...input(), jwe: undefined })), 'input.jwe'],
    ['with a field too many', new TextEncoder().encode(JSON.stringify({ ...input(), holderId: 'x' })), 'input.holderId'],
  ])('that is %s is refused by the answerer, with the place', async (_, body, place) => {
    const reply = await relay.nc.request(acceptResult.subject, body, { timeout: 2_000 });
    expect(reply.json()).toMatchObject({ code: 'platform.input_not_valid', kind: 'invalid', place });
    expect(reply.headers?.get('Enishi-Error')).toBe('platform.input_not_valid');
  });

  it('whose answer does not fit its contract is platform.broken, at the answerer already', async () => {
    behave = () => ({ stored: 'yes' }) as never;
    expect(await failureOf(relay.request(acceptResult, input()))).toMatchObject({ code: 'platform.broken' });
    expect(parser.lines.filter(({ level }) => level === 'error')).toHaveLength(1);
  });

  it('larger than the bus takes is platform.too_large, before it is sent', async () => {
    const large = { ...input(), jwe: `e.e.e.${'A'.repeat(3_000_000)}.e` };
    behave = () => ({ stored: true });
    expect(await relay.request(acceptResult, large)).toEqual({ stored: true });
    const { encodeBody } = await import('../src/wire.js');
    expect(await failureOf((async () => encodeBody('x'.repeat(8_388_608), 'input'))())).toMatchObject({ code: 'platform.too_large' });
  });

  it('that nobody answers fails at once as platform.nobody_answers', async () => {
    await parser.stop();
    const startedAt = performance.now();
    expect(await failureOf(relay.request(acceptResult, input()))).toMatchObject({ code: 'platform.nobody_answers', kind: 'busy' });
    expect(performance.now() - startedAt).toBeLessThan(acceptResult.timeoutMs / 2);
  });

  it('that is not answered in time fails as platform.timed_out', async () => {
    let release = () => {};
    behave = () => new Promise((resolve) => (release = () => resolve({ stored: true })));
    expect(await failureOf(relay.request(acceptResult, input(), { timeoutMs: 200 }))).toMatchObject({
      code: 'platform.timed_out',
      kind: 'busy',
    });
    release();
  });

  it('beyond the limit of a process is refused as busy, and those under way are answered', async () => {
    let release: (() => void)[] = [];
    behave = () => new Promise((resolve) => release.push(() => resolve({ stored: true })));
    const under = Array.from({ length: MAX_ANSWERS_AT_ONCE }, () => relay.request(acceptResult, input()));
    await waitFor(() => release.length === MAX_ANSWERS_AT_ONCE);
    expect(await failureOf(relay.request(acceptResult, input()))).toMatchObject({ code: 'platform.not_available' });
    for (const go of release) go();
    expect(new Set((await Promise.all(under)).map(({ stored }) => stored))).toEqual(new Set([true]));
    release = [];
  });

  it('is refused in the code of a service that is not among its callers', async () => {
    await expect(relay.request(commitRun, {} as never)).rejects.toThrow('not among the callers');
  });

  it('is measured by subject and outcome, on both sides', async () => {
    behave = () => ({ stored: true });
    await relay.request(acceptResult, input());
    const text = await exposition();
    for (const side of ['client', 'server'])
      expect(text).toMatch(
        new RegExp(`enishi_request_seconds_count\\{subject="parser\\.result\\.accept\\.v1",side="${side}",outcome="ok"\\} [1-9]`),
      );
    expect(text).toMatch(/outcome="parser\.result_refused"/);
  });
});

describe('replicas', () => {
  it('share requests: each is answered by one of them', async () => {
    const second = await startService(nats, 'parser', [ParserController], { handles: [acceptResult] });
    const handled: string[] = [];
    behave = ({ orderId }) => {
      handled.push(orderId);
      return { stored: true };
    };
    const asked = Array.from({ length: 100 }, input);
    await Promise.all(asked.map((one) => relay.request(acceptResult, one)));
    expect(handled.sort()).toEqual(asked.map(({ orderId }) => orderId as string).sort());
    await second.stop();
  });

  it('that close finish what they have taken, and no request is lost meanwhile', async () => {
    const second = await startService(nats, 'parser', [ParserController], { handles: [acceptResult] });
    behave = async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      return { stored: true };
    };
    const answers: Promise<Out<typeof acceptResult>>[] = [];
    for (let i = 0; i < 60; i++) {
      answers.push(relay.request(acceptResult, input()));
      if (i === 20) answers.push(second.stop() as never);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await expect(Promise.all(answers)).resolves.toHaveLength(61);
  });
});

it('a handler that never ends holds the closing of its process no longer than the limit', async () => {
  await parser.stop();
  const hanging = await startService(nats, 'parser', [ParserController], { handles: [acceptResult], drainLimitMs: 300 });
  let reached = false;
  behave = () => {
    reached = true;
    return new Promise(() => undefined);
  };
  const asked = failureOf(relay.request(acceptResult, input(), { timeoutMs: 2_000 }));
  await waitFor(() => reached);
  const startedAt = performance.now();
  await hanging.stop();
  expect(performance.now() - startedAt).toBeLessThan(1_500);
  expect(hanging.lines).toContainEqual(expect.objectContaining({ level: 'warn', left: 1 }));
  expect(await asked).toMatchObject({ code: 'platform.timed_out' });
});

describe('an addressed request', () => {
  const order = (sessionId: In<typeof deliverOrder>['sessionId']): In<typeof deliverOrder> => ({
    sessionId,
    orderId: OrderId.generate(),
    jwe: 'e.e.e.e.e',
  });
  let dispatcher: Bus;
  let replica: Bus;

  beforeEach(async () => {
    dispatcher = await connectBus({
      service: 'command-dispatcher',
      url: nats.url,
      nkeySeed: nats.seed('command-dispatcher'),
      log: keptLog('d').log,
    });
    replica = await connectBus({ service: 'terminal-relay', url: nats.url, nkeySeed: nats.seed('terminal-relay'), log: keptLog('r').log });
  });
  afterEach(async () => {
    await dispatcher.drain();
    await replica.drain();
  });

  it('A1 reaches only the replica that holds the address', async () => {
    const [mine, theirs, nobodys] = [SessionId.generate(), SessionId.generate(), SessionId.generate()];
    const reached: string[] = [];
    const answerAt = (bus: Bus, name: string, session: typeof mine) =>
      bus.answerAddressed(deliverOrder, session, ({ sessionId }) => {
        reached.push(`${name} ${sessionId}`);
        return { takenAt: '2026-11-22T03:00:00.000Z' };
      });
    answerAt(relay, 'first', mine);
    answerAt(replica, 'second', theirs);
    await relay.check();
    await replica.check();
    await dispatcher.request(deliverOrder, order(mine));
    await dispatcher.request(deliverOrder, order(theirs));
    expect(reached).toEqual([`first ${mine}`, `second ${theirs}`]);
    expect(await failureOf(dispatcher.request(deliverOrder, order(nobodys)))).toMatchObject({ code: 'platform.nobody_answers' });
  });

  it('is answered by nobody once the holder has let go, and its codes survive too', async () => {
    const session = SessionId.generate();
    const answer = relay.answerAddressed(deliverOrder, session, () => {
      throw failure(deliverOrder, 'terminal_away', 'The terminal does not answer.');
    });
    await relay.check();
    expect(await failureOf(dispatcher.request(deliverOrder, order(session)))).toMatchObject({
      code: 'terminal-relay.terminal_away',
      kind: 'busy',
    });
    await answer.stop();
    expect(await failureOf(dispatcher.request(deliverOrder, order(session)))).toMatchObject({ code: 'platform.nobody_answers' });
  });

  it('whose input names another address than its subject is refused', async () => {
    const [session, other] = [SessionId.generate(), SessionId.generate()];
    relay.answerAddressed(deliverOrder, session, () => ({ takenAt: '2026-11-22T03:00:00.000Z' }));
    await relay.check();
    const body = JSON.stringify(order(other));
    const reply = await dispatcher.nc.request(`${deliverOrder.subject}.${session}`, body, { timeout: 2_000 });
    expect(reply.json()).toMatchObject({ code: 'platform.input_not_valid', place: 'input.sessionId' });
  });

  it('cannot be answered for an address that is not one token, nor by @Answers', () => {
    for (const address of ['*', '>', 'a.b', '', 'a b'])
      expect(() => relay.answerAddressed(closeSession, address, () => ({ closed: true as const }))).toThrow(TypeError);
    expect(() => Answers(closeSession)).toThrow('answerAddressed');
    expect(() => relay.answerAddressed(getPresence, 'x', () => ({ terminals: [] }))).toThrow('@Answers');
  });
});

describe('a service starts only when', () => {
  it('has a handler for all that it must handle', async () => {
    await expect(startService(nats, 'parser', [], { handles: [acceptResult] })).rejects.toThrow('no handler for parser.result.accept.v1');
  });

  it('handles nothing that is not its own', async () => {
    await expect(startService(nats, 'parser', [ParserController], { handles: [] })).rejects.toThrow('not its own');
  });
});

it('check() says whether the bus is there', async () => {
  await expect(relay.check()).resolves.toBeUndefined();
  await relay.drain();
  await expect(relay.check()).rejects.toMatchObject({ code: 'platform.not_available' });
});
