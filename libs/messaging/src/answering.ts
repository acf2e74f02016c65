import type { RequestContract, ServiceName } from '@enishi/contracts';
import { type AppError, asAppError, platformError } from '@enishi/errors';
import { type Logger, withSpan } from '@enishi/telemetry';
import type { Msg } from '@nats-io/transport-node';
import { InFlight } from './in-flight.js';
import { MAX_ANSWERS_AT_ONCE } from './limits.js';
import { requestSeconds } from './measures.js';
import { decodeBody, encodeBody, errorReply, HEADER, parse } from './wire.js';

/** Answers requests: parses what comes and what goes, and makes sure that each gets exactly one reply. */
export class Answering {
  readonly #inFlight = new InFlight();

  constructor(
    private readonly service: ServiceName,
    private readonly log: Logger,
    /** Called after each handler, when what it did is committed. */
    private readonly afterHandler: () => void,
  ) {}

  /**
   * Answers one message. A process that dies in here sends no reply: the caller gets platform.timed_out, and whether
   * the work was done is not known to it.
   */
  answer(contract: RequestContract, message: Msg, handler: (input: unknown) => unknown): void {
    void this.#inFlight.add(() => this.#answer(contract, message, handler));
  }

  /** Resolves when no handler is under way, or after `limitMs`; then how many still are. */
  settled(limitMs: number): Promise<number> {
    return this.#inFlight.settled(limitMs);
  }

  async #answer(contract: RequestContract, message: Msg, handler: (input: unknown) => unknown): Promise<void> {
    const startedAt = performance.now();
    let outcome = 'ok';
    try {
      await withSpan(
        `answer ${contract.subject}`,
        {
          kind: 'server',
          parent: message.headers?.get(HEADER.traceparent),
          attributes: {
            'messaging.system': 'nats',
            'messaging.destination.name': contract.subject,
            'messaging.operation.name': 'answer',
            'messaging.operation.type': 'process',
            'messaging.consumer.group.name': this.service,
            'messaging.message.body.size': message.data.length,
          },
        },
        async () => {
          try {
            if (this.#inFlight.size > MAX_ANSWERS_AT_ONCE) throw platformError('not_available', 'Too many requests at once; try again.');
            const input = decodeBody(message.data, contract.input, 'input');
            const output = await handler(input);
            this.afterHandler();
            message.respond(encodeBody(parseOutput(contract, output), 'output'));
          } catch (thrown) {
            const error = declaredOnly(contract, asAppError(thrown));
            this.#report(contract, error);
            const reply = errorReply(error);
            message.respond(reply.body, { headers: reply.headers });
            throw error;
          }
        },
      );
    } catch (error) {
      outcome = asAppError(error).code;
    }
    requestSeconds.observe({ subject: contract.subject, side: 'server', outcome }, (performance.now() - startedAt) / 1_000);
  }

  #report({ subject }: RequestContract, error: AppError): void {
    const { code, kind } = error;
    if (kind === 'broken') this.log.error({ subject, code, err: error.cause ?? error }, 'a request broke its handler');
    else if (kind === 'busy') this.log.warn({ subject, code }, 'a request was refused as busy');
    else this.log.info({ subject, code, place: error.place }, 'a request was refused');
  }
}

/** What the handler returned must fit too: the caller would refuse it, and would not know why. */
function parseOutput(contract: RequestContract, output: unknown): unknown {
  try {
    return parse(output, contract.output, 'output');
  } catch (cause) {
    throw platformError('broken', 'The answer does not fit its contract.', { cause });
  }
}

/** A caller can rely on what a contract declares, and on the platform's own codes. Anything else is a fault of the handler. */
export function declaredOnly(contract: RequestContract, error: AppError): AppError {
  const [owner, reason = ''] = error.code.split('.');
  if (owner === 'platform' || (owner === contract.owner && Object.hasOwn(contract.errors, reason))) return error;
  return platformError('broken', `${contract.subject} does not declare ${error.code}`, { cause: error });
}
