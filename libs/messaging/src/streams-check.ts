/** Whether the streams and durables that a service lives on are there: without them facts wait, and nothing says so. */
import type { ServiceName } from '@enishi/contracts';
import { platformError } from '@enishi/errors';
import type { Logger } from '@enishi/telemetry';
import type { NatsConnection } from '@nats-io/transport-node';
import { z } from 'zod';
import { STREAMS_ANSWER_MS, STREAMS_CHECK_MS } from './limits.js';
import { eventResourceMissing } from './measures.js';
import { durableOf, roleOf, STREAMS_API, streamOf } from './names.js';

/** What JetStream says of a stream or a durable, as far as it matters here. */
const Info = z.object({
  error: z.object({ code: z.number() }).optional(),
  config: z
    .object({ subjects: z.array(z.string()) })
    .partial()
    .optional(),
});

const NOT_FOUND = 404;

interface Resource {
  /** `events-parser`, or `events-parser.<durable>`. */
  readonly name: string;
  readonly subject: string;
  /** Subjects that the stream must keep. */
  readonly keeps: readonly string[];
}

/**
 * Asks JetStream for the service's own stream and for the durables by which it hears, every 5 s and whenever readiness is
 * asked. Provisioning makes them and nothing of ours deletes them; an operator, or a server that lost its disk, can.
 */
export class StreamsCheck {
  readonly #resources: readonly Resource[];
  readonly #timer: NodeJS.Timeout;
  #missing: ReadonlySet<string> = new Set();
  /** Of which JetStream has said something. */
  readonly #known = new Set<string>();
  #silent = false;
  #underWay: Promise<readonly string[]> | undefined;

  constructor(
    service: ServiceName,
    private readonly nc: NatsConnection,
    private readonly log: Logger,
  ) {
    const { emits, hears } = roleOf(service);
    const own = streamOf(service);
    this.#resources = [
      ...(emits.length > 0
        ? [{ name: own, subject: `${STREAMS_API}.STREAM.INFO.${own}`, keeps: emits.map(({ subject }) => subject) }]
        : []),
      ...hears.map((event) => {
        const name = `${streamOf(event.owner)}.${durableOf(service, event)}`;
        return { name, subject: `${STREAMS_API}.CONSUMER.INFO.${name}`, keeps: [] };
      }),
    ];
    // What goes wrong is in the gauge and in the log already.
    this.#timer = setInterval(() => void this.check().catch(() => undefined), STREAMS_CHECK_MS).unref();
  }

  /**
   * Throws platform.not_available with the names of what is not there. While JetStream does not answer, what it said last
   * counts: somebody who keeps it busy must not take every door away.
   */
  async check(): Promise<void> {
    this.#underWay ??= this.#look().finally(() => {
      this.#underWay = undefined;
    });
    const missing = await this.#underWay;
    if (missing.length > 0) throw platformError('not_available', `Not on the bus: ${missing.join(', ')}.`);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<readonly string[]> {
    const found = await Promise.all(
      this.#resources.map(async (resource) => {
        const said = await this.#isThere(resource);
        const before = this.#known.has(resource.name) && !this.#missing.has(resource.name);
        if (said !== 'silent') this.#known.add(resource.name);
        return { name: resource.name, silent: said === 'silent', there: said === 'silent' ? before : said };
      }),
    );
    const silent = found.some((one) => one.silent);
    if (silent && !this.#silent) this.log.warn({}, 'JetStream does not answer in time');
    this.#silent = silent;
    const missing = found.filter(({ there }) => !there).map(({ name }) => name);
    for (const { name, there } of found) {
      eventResourceMissing.set({ resource: name }, there ? 0 : 1);
      if (there && this.#missing.has(name)) this.log.info({ resource: name }, 'a stream or durable is there again');
      if (!there && !this.#missing.has(name)) this.log.error({ resource: name }, 'a stream or durable is not there');
    }
    this.#missing = new Set(missing);
    return missing;
  }

  async #isThere({ subject, keeps }: Resource): Promise<boolean | 'silent'> {
    try {
      const answer = await this.nc.request(subject, '', { timeout: STREAMS_ANSWER_MS });
      const { error, config } = Info.parse(answer.json());
      if (error !== undefined) return error.code === NOT_FOUND ? false : 'silent';
      return keeps.every((kept) => config?.subjects?.includes(kept));
    } catch {
      return 'silent';
    }
  }
}
