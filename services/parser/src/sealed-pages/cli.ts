/** The operator's program for sealed pages. One JSON line each on stdout, never a page; exit 0 done, 1 not done, 2 wrong use, 78 settings. */
import { parseArgs } from 'node:util';
import { OrderId, schemaOf } from '@enishi/contracts';
import { AppError } from '@enishi/errors';
import { createLogger } from '@enishi/telemetry';
import { Database } from '../database.store.js';
import { PageStore } from '../page.store.js';
import { listConfig, openConfig } from './cli-config.js';
import { NotOpened, openPage } from './open-page.js';

const USAGE = `usage: cli.js <command>
  list [--unknown]       sealed pages, newest first; --unknown: only UNKNOWN_PAGE and SITE_CHANGED   DATABASE_URL
  open ORDER --out FILE  write the bank's answer to this order to a new FILE (mode 0600)            DATABASE_URL, RESULT_KEY_FILE
DATABASE_PASSWORD_FILE when the URL holds no password.
`;
/** Lines of one list. */
const MAX_LISTED = 1_000;

const say = (value: unknown) => void process.stdout.write(`${JSON.stringify(value)}\n`);

async function main(args: string[]): Promise<number> {
  const parsed = argumentsOf(args);
  const [command, order, ...more] = parsed?.positionals ?? [];
  if (command === 'list' && order === undefined && parsed?.values.out === undefined) return list(parsed?.values.unknown ?? false);
  const orderId = OrderId.safeParse(order);
  const out = parsed?.values.out;
  if (command === 'open' && orderId.success && out && more.length === 0 && !parsed?.values.unknown) return openOne(orderId.data, out);
  process.stderr.write(USAGE);
  return 2;
}

function argumentsOf(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: { unknown: { type: 'boolean', default: false }, out: { type: 'string' } },
    });
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    return undefined;
  }
}

async function list(unknown: boolean): Promise<number> {
  return withPages(listConfig(), async (pages, database) => {
    const found = await pages.listSealed(database.client, { unknown, limit: MAX_LISTED + 1 });
    for (const page of found.slice(0, MAX_LISTED)) say(page);
    if (found.length > MAX_LISTED) process.stderr.write(`There are more: these are the newest ${MAX_LISTED}.\n`);
    return 0;
  });
}

async function openOne(orderId: OrderId, out: string): Promise<number> {
  const { RESULT_KEY_FILE: resultKey, ...login } = openConfig();
  // To stderr and at every level: that a page was opened is always told.
  const log = createLogger('parser', 'info', { write: (line) => void process.stderr.write(line) });
  return withPages(login, async (pages, database) => {
    const page = await pages.sealedOf(database.client, orderId);
    if (page === null)
      throw new NotOpened('there is no sealed page of this order: it was never stored, its time is over, or it was erased');
    const { runId, connectorId } = page;
    const facts = await openPage(page, resultKey, out, ({ bytes, hash }) =>
      log.info({ orderId, runId, connectorId, bytes, hash }, 'a sealed page was opened by an operator'),
    );
    say({ orderId, ...facts });
    return 0;
  });
}

async function withPages(
  login: ReturnType<typeof listConfig>,
  work: (pages: PageStore, database: Database) => Promise<number>,
): Promise<number> {
  const database = new Database({ url: login.DATABASE_URL, password: login.DATABASE_PASSWORD_FILE, schema: schemaOf('parser') });
  try {
    return await work(new PageStore(), database);
  } finally {
    await database.onApplicationShutdown();
  }
}

// Whoever reads has seen enough (`| head`): that is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const told = error instanceof AppError ? `${error.code}: ${error.message}` : error instanceof NotOpened ? error.message : 'It failed.';
  process.stderr.write(`${told}\n`);
  process.exitCode = 1;
}
