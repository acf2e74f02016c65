/** What the tests of this lib start: a service of given controllers on a real bus. */
import 'reflect-metadata';
import type { EventContract, RequestContract, ServiceName } from '@enishi/contracts';
import { createLogger, type Logger } from '@enishi/telemetry';
import type { FreshNats } from '@enishi/testing';
import { type INestMicroservice, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type Bus, connectBus } from '../src/bus.js';
import type { Inbox } from '../src/hearing.js';
import { EnishiTransport } from '../src/transport.js';

export interface LogLine {
  level: string;
  msg: string;
  code?: string;
  err?: { message?: string; cause?: { message?: string } };
  [field: string]: unknown;
}

/** A logger whose lines are kept. */
export function keptLog(service: string): { log: Logger; lines: LogLine[] } {
  const lines: LogLine[] = [];
  return { lines, log: createLogger(service, 'debug', { write: (line) => void lines.push(JSON.parse(line) as LogLine) }) };
}

export interface Started {
  bus: Bus;
  app: INestMicroservice;
  lines: LogLine[];
  stop(): Promise<void>;
}

/** A Nest microservice with these controllers on the transport under test. */
export async function startService(
  nats: FreshNats,
  service: ServiceName,
  controllers: Type[],
  options: { handles: readonly (RequestContract | EventContract)[]; inbox?: Inbox; drainLimitMs?: number },
): Promise<Started> {
  const { log, lines } = keptLog(service);
  const { drainLimitMs, ...transport } = options;
  const bus = await connectBus({ service, url: nats.url, nkeySeed: nats.seed(service), log, drainLimitMs });
  @Module({ controllers, providers: [{ provide: 'BUS', useValue: bus }] })
  class ServiceModule {}
  const app = await NestFactory.createMicroservice(ServiceModule, {
    strategy: new EnishiTransport({ bus, ...transport }),
    logger: false,
    abortOnError: false,
  });
  try {
    await app.listen();
  } catch (error) {
    await app.close();
    await bus.drain();
    throw error;
  }
  return { bus, app, lines, stop: () => app.close() };
}

/** The error that a promise ends in. */
export async function failureOf(
  promise: Promise<unknown>,
): Promise<{ code: string; kind: string; message: string; place?: string; cause?: unknown }> {
  try {
    await promise;
  } catch (error) {
    return error as never;
  }
  throw new Error('it succeeded');
}
