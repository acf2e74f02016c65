/** The command line of the bank: `serve`, `issue-certificate`, `truth`, `samples`. */
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { startBank } from './bank.js';
import { isDay, todayInJapan } from './ledger/calendar.js';
import { CUSTOMERS, customerNamed } from './ledger/customers.js';
import { FIRST_TODAY, LAST_TODAY } from './ledger/ledger.js';
import { truthOf } from './ledger/truth.js';
import { writeSamples } from './samples.js';
import { Authority, CLIENT_ISSUER, writePair } from './site/authority.js';

const USAGE = `usage:
  serve --dir DIR [--port 8443] [--admin-port 8444] [--seed 1] [--today YYYY-MM-DD] [--idle-seconds 300]
  issue-certificate --dir DIR --user NAME --out DIR [--days 365]
  truth --user NAME [--seed 1] [--today YYYY-MM-DD]
  samples --out DIR
users: ${CUSTOMERS.map(({ name }) => name).join(', ')}`;

const whole = (min: number, max: number) =>
  z
    .string()
    .regex(/^-?\d+$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(min).max(max));
const port = whole(0, 65_535);
const seed = whole(0, 4_294_967_295);
const today = z
  .string()
  .refine((day) => isDay(day) && day >= FIRST_TODAY && day <= LAST_TODAY, `must be a day from ${FIRST_TODAY} to ${LAST_TODAY}`);
const user = z.string().refine((name) => customerNamed(name), 'must be one of the users');

const Serve = z.strictObject({
  dir: z.string().min(1),
  port: port.default(8443),
  'admin-port': port.default(8444),
  seed: seed.default(1),
  today: today.optional(),
  'idle-seconds': whole(1, 86_400).default(300),
});
const Issue = z.strictObject({ dir: z.string().min(1), user, out: z.string().min(1), days: whole(-3_650, 3_650).default(365) });
const AskTruth = z.strictObject({ user, seed: seed.default(1), today: today.optional() });
const WriteSamples = z.strictObject({ out: z.string().min(1) });

const tell = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

async function serve(options: z.infer<typeof Serve>): Promise<void> {
  const bank = await startBank({
    dir: options.dir,
    port: options.port,
    adminPort: options['admin-port'],
    seed: options.seed,
    today: options.today,
    idleSeconds: options['idle-seconds'],
  });
  const { origin, adminUrl, caFile, clientIssuer, today: day } = bank;
  const stop = (): void => void bank.close();
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  tell({ ready: true, origin, adminUrl, caFile, clientIssuer, seed: options.seed, today: day });
}

async function issue({ dir, user: name, out, days }: z.infer<typeof Issue>): Promise<void> {
  const customer = customerNamed(name);
  if (!customer) throw new RangeError('The bank has no such user');
  const issued = await (await Authority.open(dir)).issueForCustomer(name, customer.userId, days);
  tell({
    user: name,
    userId: customer.userId,
    issuer: CLIENT_ISSUER,
    serial: issued.serial,
    notAfter: issued.notAfter,
    ...writePair(out, issued),
  });
}

/** Runs one command; all problems of its options are told at once, and end it with 64. */
async function main(argv: string[]): Promise<void> {
  const [command, ...rest] = argv;
  const refuse = (problems: string): void => {
    process.stderr.write(`${problems}\n${USAGE}\n`);
    process.exitCode = 64;
  };
  const read = <T extends z.ZodObject>(schema: T): z.infer<T> | null => {
    const options = Object.fromEntries(Object.keys(schema.shape).map((name) => [name, { type: 'string' as const }]));
    try {
      const parsed = schema.safeParse({ ...parseArgs({ args: rest, options }).values });
      if (parsed.success) return parsed.data;
      refuse(parsed.error.issues.map((issue) => `--${issue.path.join('.')}: ${issue.message}`).join('\n'));
    } catch (error) {
      refuse((error as Error).message);
    }
    return null;
  };
  if (command === 'serve') {
    const options = read(Serve);
    if (options) await serve(options);
  } else if (command === 'issue-certificate') {
    const options = read(Issue);
    if (options) await issue(options);
  } else if (command === 'truth') {
    const options = read(AskTruth);
    if (options) tell(truthOf(options.seed, options.user, options.today ?? todayInJapan(new Date())));
  } else if (command === 'samples') {
    const options = read(WriteSamples);
    if (options) writeSamples(options.out);
  } else refuse(command ? `${command}: there is no such command` : 'a command is missing');
}

await main(process.argv.slice(2));
