/**
 * A process that hears parser.page.read.v1 as command-dispatcher, to be killed by a test. One argument, JSON:
 * { url, nkeySeed, databaseUrl, name, hang: 'before-commit' | 'after-commit' | 'slow' | 'never' }
 * It writes one row of effects an event, in the inbox transaction, and a line on stdout at each point that a test waits for.
 * Decorators are called by hand, for no compiler runs over this file.
 */
import 'reflect-metadata';
import { pageRead } from '@enishi/contracts';
import { onceOnly } from '@enishi/database';
import { connectBus, EnishiTransport, Hears } from '@enishi/messaging';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import pg from 'pg';

const { url, nkeySeed, databaseUrl, name, hang } = JSON.parse(process.argv[2]);
const say = (line) => process.stdout.write(`${line}\n`);
const forEver = () => new Promise(() => setInterval(() => undefined, 60_000));
const pool = new pg.Pool({ connectionString: databaseUrl, options: '-c search_path=hearer' });

class Hearer {
  async hear(_payload, tx) {
    await tx.query('INSERT INTO effects (event_id, done_by) VALUES ($1, $2)', [tx.eventId, name]);
    say(`handling ${tx.eventId}`);
    if (hang === 'before-commit') await forEver();
    if (hang === 'slow') await new Promise((resolve) => setTimeout(resolve, 1_500));
  }
}
Hears(pageRead)(Hearer.prototype, 'hear', Object.getOwnPropertyDescriptor(Hearer.prototype, 'hear'));
Controller()(Hearer);
class HearerModule {}
Module({ controllers: [Hearer] })(HearerModule);

const inbox = {
  async once(event, consumer, handle) {
    const client = await pool.connect();
    try {
      await client.query('BEGIN');
      const tx = { query: (text, values) => client.query(text, values), eventId: event.id };
      const sql = { $executeRawUnsafe: async (text, ...values) => (await client.query(text, values)).rowCount };
      const first = await onceOnly(sql, { eventId: event.id, consumer });
      if (first) await handle(tx);
      await client.query('COMMIT');
      say(`${first ? 'committed' : 'known'} ${event.id}`);
      if (first && hang === 'after-commit') await forEver();
      return first;
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined);
      throw error;
    } finally {
      client.release();
    }
  },
};

const bus = await connectBus({ service: 'command-dispatcher', url, nkeySeed });
const app = await NestFactory.createMicroservice(HearerModule, {
  strategy: new EnishiTransport({ bus, inbox, handles: [pageRead] }),
  logger: false,
});
await app.listen();
say('ready');
async function close() {
  await app.close();
  await bus.drain();
  await pool.end();
  say('closed');
}
process.once('SIGTERM', () => void close());
