/** Server-sent events (WHATWG HTML §9.2) from an async iterable. */
import type { RouteContract } from '@enishi/contracts';
import { type AppError, platformError } from '@enishi/errors';
import { gauge, type Logger } from '@enishi/telemetry';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from './caller.js';
import type { HttpLimits } from './limits.js';
import { mapError } from './map-error.js';
import { failWith } from './observe.js';
import { checkOutput } from './output.js';
import { problemOf } from './problem.js';

const openStreams = gauge({ name: 'enishi_http_event_streams', help: 'Open event streams' });
const signals = new WeakMap<FastifyRequest, AbortSignal>();

/** Aborted when the client of this stream has gone, its life is over, or the service drains. */
export function signalOf(request: FastifyRequest): AbortSignal {
  const signal = signals.get(request);
  if (signal === undefined) throw new Error('this request is no event stream');
  return signal;
}

/** The open event streams of one service. */
export class EventStreams {
  readonly #open = new Map<AbortController, string>();
  #draining = false;

  constructor(
    private readonly limits: HttpLimits,
    private readonly log: Logger,
  ) {}

  /** Ends all streams, and those that are still to come. Their clients go on elsewhere from the last id. */
  drain(): void {
    this.#draining = true;
    for (const stream of this.#open.keys()) stream.abort();
  }

  /** Serves one request: `handle` gives the iterable. Resolves when the stream has ended. */
  async serve(
    request: FastifyRequest,
    reply: FastifyReply,
    contract: RouteContract,
    caller: Caller,
    handle: () => Promise<unknown>,
  ): Promise<void> {
    const stream = this.#enter(caller.holderId);
    const abort = () => stream.abort();
    const life = setTimeout(abort, this.limits.streamLifeMs);
    reply.raw.once('close', abort);
    signals.set(request, stream.signal);
    try {
      const iterable = await handle();
      if (!isAsyncIterable(iterable)) throw new TypeError(`${contract.operationId} must return an async iterable`);
      await this.#send(iterable[Symbol.asyncIterator](), request, reply, contract, stream.signal);
    } finally {
      clearTimeout(life);
      reply.raw.off('close', abort);
      stream.abort();
      this.#open.delete(stream);
      openStreams.set({}, this.#open.size);
    }
  }

  #enter(holderId: string): AbortController {
    if (this.#draining) throw platformError('not_available', 'This process is about to end. Ask again.');
    const ofHolder = [...this.#open.values()].filter((holder) => holder === holderId).length;
    if (this.#open.size >= this.limits.streams || ofHolder >= this.limits.streamsPerHolder)
      throw platformError('not_available', 'Too many event streams are open.');
    const stream = new AbortController();
    this.#open.set(stream, holderId);
    openStreams.set({}, this.#open.size);
    return stream;
  }

  async #send(events: AsyncIterator<unknown>, request: FastifyRequest, reply: FastifyReply, contract: RouteContract, signal: AbortSignal) {
    const ended = new Promise<'ended'>((resolve) => {
      if (signal.aborted) resolve('ended');
      else signal.addEventListener('abort', () => resolve('ended'), { once: true });
    });
    let next = nextOf(events);
    // A refusal that comes at once still has its HTTP status: thrown from here, it goes to the filter.
    await Promise.race([next, ended, wait(this.limits.firstEventMs)]);
    reply.hijack();
    const { raw } = reply;
    raw.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-accel-buffering': 'no',
    });
    raw.flushHeaders();
    const heartbeat = setInterval(() => raw.write(': still here\n\n'), this.limits.heartbeatMs);
    try {
      for (;;) {
        const step = await Promise.race([next, ended]);
        if (step === 'ended' || step.done) break;
        await this.#write(raw, eventText(contract, step.value), ended);
        next = nextOf(events);
      }
    } catch (thrown) {
      const error = mapError(thrown, contract);
      failWith(request, error);
      if (error.kind === 'broken') this.log.error({ err: error, operation: contract.operationId }, 'an event stream broke');
      raw.write(problemText(error));
    } finally {
      clearInterval(heartbeat);
      // Not awaited: a generator that waits for something ends when that comes, and its signal is aborted by then.
      void Promise.resolve(events.return?.()).catch(() => undefined);
      raw.end();
    }
  }

  /** Writes, and waits while the client takes its time: memory holds one event, not all that are to come. */
  async #write(raw: FastifyReply['raw'], text: string, ended: Promise<'ended'>): Promise<void> {
    if (raw.write(text)) return;
    const drained = new Promise<'drained'>((resolve) => raw.once('drain', () => resolve('drained')));
    const outcome = await Promise.race([drained, ended, wait(this.limits.slowClientMs)]);
    if (outcome === undefined) raw.destroy();
  }
}

function nextOf(events: AsyncIterator<unknown>): Promise<IteratorResult<unknown>> {
  const next = Promise.resolve(events.next());
  // When the stream ends first, nobody is left to hear of its failure.
  next.catch(() => undefined);
  return next;
}

/** An item that goes to many viewers is one object: it is checked and written down once. */
const written = new WeakMap<object, string>();

function eventText(contract: RouteContract, item: unknown): string {
  const key = typeof item === 'object' && item !== null ? item : undefined;
  const known = key && written.get(key);
  if (known !== undefined) return known;
  const checked = checkOutput(contract, item);
  const seq = (checked as { seq?: unknown } | null | undefined)?.seq;
  const text = `${typeof seq === 'number' ? `id: ${seq}\n` : ''}data: ${JSON.stringify(checked)}\n\n`;
  if (key !== undefined) written.set(key, text);
  return text;
}

function problemText(error: AppError): string {
  return `event: problem\ndata: ${JSON.stringify(problemOf(error))}\n\n`;
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

function wait(ms: number): Promise<undefined> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms, undefined).unref();
  });
}
