import { EVENTS } from '@enishi/contracts';
import { platformError } from '@enishi/errors';
import {
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
  type MsgRequest,
  type StoredMsg,
} from '@nats-io/jetstream';
import { connectNats, type NatsLogin } from './connection.js';
import { DEAD_LETTER_STREAM } from './names.js';
import { HEADER, headersOf } from './wire.js';

export interface DeadLetter {
  /** Its number; `show`, `replay` and `discard` take it. */
  seq: number;
  /** Who could not handle it. */
  service: string;
  subject: string;
  eventId: string | null;
  /** Code and public message of the last failure. */
  code: string;
  message: string;
  deliveries: number;
  parkedAt: string;
  /** W3C: finds the trace of whoever emitted it. */
  traceparent: string | null;
}

/** The most that one listing gives. */
const MAX_LISTED = 1_000;

/** The operator's hold on events that could not be handled. Payloads hold no secrets by design: operators may read them. */
export class DeadLetters {
  private constructor(
    private readonly js: JetStreamClient,
    private readonly manager: JetStreamManager,
    readonly close: () => Promise<void>,
  ) {}

  /** With the operator's key. `close()` it. */
  static async connect(login: NatsLogin): Promise<DeadLetters> {
    const nc = await connectNats(login, { name: 'dead-letters', inboxPrefix: '_INBOX_operator' });
    try {
      return new DeadLetters(jetstream(nc), await jetstreamManager(nc), () => nc.close());
    } catch (error) {
      // A connection that is left open keeps the operator's program from ending.
      await nc.close();
      throw error;
    }
  }

  /** Oldest first, 1,000 at most; of one service when it is named. */
  async list(service?: string): Promise<DeadLetter[]> {
    const subjects = service === undefined ? 'dead-letter.>' : `dead-letter.${service}.>`;
    const found: DeadLetter[] = [];
    for (let from = 1; found.length < MAX_LISTED; ) {
      const message = await this.manager.streams.getMessage(DEAD_LETTER_STREAM, {
        seq: from,
        // The server knows this field here too; the client's type does not.
        next_by_subj: subjects,
      } as MsgRequest);
      if (message === null) break;
      found.push(describe(message));
      from = message.seq + 1;
    }
    return found;
  }

  /** One letter with its payload as it was sent. Throws platform.not_found. */
  async show(seq: number): Promise<DeadLetter & { payload: string }> {
    const message = await this.#get(seq);
    return { ...describe(message), payload: message.string() };
  }

  /**
   * Sends the event again, to the service that could not handle it and to no other, and takes the letter away. A service
   * writes its letters itself, and this is the operator's key: only an event that the service hears is sent.
   * A death between the two leaves the letter; a second replay is then dropped by the stream or the inbox.
   */
  async replay(seq: number): Promise<DeadLetter> {
    const message = await this.#get(seq);
    const letter = describe(message);
    if (!EVENTS.some(({ subject, hearers }) => subject === letter.subject && hearers.some((hearer) => hearer === letter.service)))
      throw platformError('input_not_valid', 'The letter names no event that its service hears. Discard it, and look at that service.');
    await this.js.publish(letter.subject, message.data, {
      msgID: `replay:${seq}:${message.time.getTime()}`,
      headers: headersOf({
        [HEADER.eventId]: letter.eventId,
        [HEADER.traceparent]: letter.traceparent,
        [HEADER.onlyFor]: letter.service,
      }),
    });
    await this.discard(seq);
    return letter;
  }

  /** Takes the letter away for good. Throws platform.not_found. */
  async discard(seq: number): Promise<void> {
    await this.#get(seq);
    await this.manager.streams.deleteMessage(DEAD_LETTER_STREAM, seq);
  }

  async #get(seq: number): Promise<StoredMsg> {
    const message = await this.manager.streams.getMessage(DEAD_LETTER_STREAM, { seq });
    if (message === null) throw platformError('not_found', 'There is no dead letter with this number.');
    return message;
  }
}

function describe(message: StoredMsg): DeadLetter {
  const [, service = '', ...subject] = message.subject.split('.');
  const header = (name: string) => message.header.get(name) || null;
  return {
    seq: message.seq,
    service,
    subject: subject.join('.'),
    eventId: header(HEADER.eventId),
    code: header(HEADER.deadCode) ?? 'platform.broken',
    message: header(HEADER.deadMessage) ?? '',
    deliveries: Number(header(HEADER.deliveries) ?? 0),
    parkedAt: message.time.toISOString(),
    traceparent: header(HEADER.traceparent),
  };
}
