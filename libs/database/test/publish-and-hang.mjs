// Publishes (says the id) and never comes back to mark it: the moment at which the test kills.

import pg from 'pg';
import { OutboxPublisher } from '../dist/index.js';

const pool = new pg.Pool({ connectionString: process.argv[2], max: 2 });
const on = (client) => ({
  $queryRawUnsafe: async (query, ...values) => (await client.query(query, values)).rows,
  $executeRawUnsafe: async (query, ...values) => (await client.query(query, values)).rowCount ?? 0,
});
const sql = {
  ...on(pool),
  async $transaction(work) {
    const client = await pool.connect();
    await client.query('BEGIN');
    const result = await work(on(client));
    await client.query('COMMIT');
    client.release();
    return result;
  },
};
new OutboxPublisher({
  sql,
  publish: (row) => {
    process.stdout.write(`${row.id}\n`);
    return new Promise(() => {});
  },
}).start();
setInterval(() => {}, 60_000);
