import { EVENTS, SERVICES } from '@enishi/contracts';
import {
  AckPolicy,
  type ConsumerConfig,
  DeliverPolicy,
  DiscardPolicy,
  JetStreamApiError,
  type JetStreamManager,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import { connectNats, type NatsLogin } from './connection.js';
import {
  DEAD_LETTER_MAX_AGE_MS,
  DEAD_LETTER_STREAM_MAX_BYTES,
  DUPLICATE_WINDOW_MS,
  EVENT_MAX_AGE_MS,
  EVENT_STREAM_MAX_BYTES,
  MAX_ACK_PENDING,
} from './limits.js';
import { DEAD_LETTER_STREAM, DEAD_LETTER_SUBJECTS, durableOf, streamOf } from './names.js';

export interface ProvisionOptions extends NatsLogin {
  /** Copies of each stream in a cluster: 1 or 3. Default 1. */
  replicas?: number;
}
export interface Provisioned {
  streams: string[];
  consumers: string[];
}

const STREAM_NOT_FOUND = 10_059;
const CONSUMER_NOT_FOUND = 10_014;

/**
 * Makes the streams and durables that the contracts name, or brings them up to date; with the operator's key.
 * Run again it changes nothing. Killed half-way, the next run does the rest. Nothing is ever deleted: a durable
 * whose contract is gone stays until an operator removes it.
 */
export async function provision({ replicas = 1, ...login }: ProvisionOptions): Promise<Provisioned> {
  const nc = await connectNats(login, { name: 'provisioning', inboxPrefix: '_INBOX_operator' });
  try {
    const manager = await jetstreamManager(nc);
    const done: Provisioned = { streams: [], consumers: [] };
    for (const stream of streamConfigs(replicas)) {
      await putStream(manager, stream);
      done.streams.push(stream.name);
    }
    for (const { stream, config } of consumerConfigs()) {
      await putConsumer(manager, stream, config);
      done.consumers.push(config.durable_name);
    }
    return done;
  } finally {
    await nc.close();
  }
}

type NamedStream = Partial<StreamConfig> & Pick<StreamConfig, 'name'>;

function streamConfigs(replicas: number): NamedStream[] {
  const every = {
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    // The oldest go first: a full stream must not stop the outboxes.
    discard: DiscardPolicy.Old,
    num_replicas: replicas,
    duplicate_window: nanos(DUPLICATE_WINDOW_MS),
  };
  return [
    ...SERVICES.flatMap((owner) => {
      const subjects = EVENTS.filter((event) => event.owner === owner).map(({ subject }) => subject);
      if (subjects.length === 0) return [];
      return [{ ...every, name: streamOf(owner), subjects, max_age: nanos(EVENT_MAX_AGE_MS), max_bytes: EVENT_STREAM_MAX_BYTES }];
    }),
    {
      ...every,
      name: DEAD_LETTER_STREAM,
      subjects: [DEAD_LETTER_SUBJECTS],
      max_age: nanos(DEAD_LETTER_MAX_AGE_MS),
      max_bytes: DEAD_LETTER_STREAM_MAX_BYTES,
    },
  ];
}

function consumerConfigs(): { stream: string; config: Partial<ConsumerConfig> & { durable_name: string } }[] {
  return EVENTS.flatMap((event) =>
    event.hearers.map((hearer) => ({
      stream: streamOf(event.owner),
      config: {
        durable_name: durableOf(hearer, event),
        filter_subject: event.subject,
        ack_policy: AckPolicy.Explicit,
        deliver_policy: DeliverPolicy.All,
        ack_wait: nanos(event.ackWaitMs),
        // Without limit here: the hearer itself parks a message after maxDeliver, the server would only fall silent.
        max_deliver: -1,
        max_ack_pending: MAX_ACK_PENDING,
      },
    })),
  );
}

async function putStream(manager: JetStreamManager, config: NamedStream): Promise<void> {
  if (await exists(() => manager.streams.info(config.name), STREAM_NOT_FOUND)) await manager.streams.update(config.name, config);
  else await manager.streams.add(config);
}

async function putConsumer(
  manager: JetStreamManager,
  stream: string,
  config: Partial<ConsumerConfig> & { durable_name: string },
): Promise<void> {
  if (await exists(() => manager.consumers.info(stream, config.durable_name), CONSUMER_NOT_FOUND)) {
    const { ack_policy: _fixed, deliver_policy: _fixedToo, ...changeable } = config;
    await manager.consumers.update(stream, config.durable_name, changeable);
  } else await manager.consumers.add(stream, config);
}

async function exists(ask: () => Promise<unknown>, notFound: number): Promise<boolean> {
  try {
    await ask();
    return true;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === notFound) return false;
    throw error;
  }
}
