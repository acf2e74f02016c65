/** `./enishi`: the verbs. Each verb is one file in verbs/. */

import { Command, InvalidArgumentError } from 'commander';
import { ExpectedFailure } from './expected-failure.js';
import { DEFAULT_PORT_BASE, type Layout, layoutFor } from './layout.js';
import type { DrillOptions } from './verbs/drill.js';
import type { OperatorPod } from './verbs/kubernetes.js';

function port(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1024 || value > 65_000)
    throw new InvalidArgumentError('must be a whole number from 1024 to 65000');
  return value;
}
function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 1_000_000)
    throw new InvalidArgumentError('must be a whole number from 1 to 1000000');
  return value;
}

const program = new Command('enishi')
  .description("Moves a person's data by their word only.")
  .showHelpAfterError('(./enishi --help lists the verbs)');

/** A verb that works on the platform of `--port-base`. Its code is loaded only when it is called. */
function onPlatform(name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .option('--port-base <port>', 'first of the ports that the platform takes', port, DEFAULT_PORT_BASE);
}
const layoutOf = (options: { portBase: number }): Layout => layoutFor(options.portBase);

program
  .command('demo')
  .argument('[flow]', 'aggregation (default: all flows)')
  .description('starts everything on ports of its own, tells the story with real values, stops everything')
  .action(async (flow: string | undefined) => (await import('./verbs/demo.js')).demo(flow));
onPlatform('up', 'starts the platform on this machine and keeps it until Ctrl-C')
  .option('--detach', 'returns when all is ready; ./enishi down stops it')
  .action(async (options: { portBase: number; detach?: boolean }) =>
    (await import('./verbs/up.js')).up(layoutOf(options), options.detach ?? false),
  );
onPlatform('down', 'stops the platform, whoever started it').action(async (options: { portBase: number }) =>
  (await import('./verbs/down.js')).down(layoutOf(options)),
);
onPlatform('status', 'says which parts are up, and what each lacks').action(async (options: { portBase: number }) =>
  (await import('./verbs/status.js')).status(layoutOf(options)),
);
onPlatform('logs', 'prints the log of a part, or of all')
  .argument('[part]', 'for example parser, postgres, bank')
  .option('--lines <n>', 'how many of the last lines', count, 100)
  .action(async (part: string | undefined, options: { portBase: number; lines: number }) =>
    (await import('./verbs/logs.js')).logs(layoutOf(options), part, options.lines),
  );
onPlatform('reset', 'forgets all data of the stopped platform').action(async (options: { portBase: number }) =>
  (await import('./verbs/reset.js')).reset(layoutOf(options)),
);
program
  .command('test')
  .argument('[kind]', 'unit, it, charts or e2e (default: all)')
  .argument('[paths...]', 'only test files whose path contains one of these')
  .description('runs the tests; the last line is: N passed, N failed')
  .action(async (kind: string | undefined, paths: string[]) => (await import('./verbs/test.js')).test(kind, paths));
program
  .command('check')
  .description('generates, formats, lints, checks types and boundaries; fails when that changes a file')
  .action(async () => (await import('./verbs/check.js')).check());
program
  .command('drill')
  .argument('<name>', 'kill, one-agent, kubernetes or mutate-controls')
  .argument('[parts...]', 'mutate-controls: only these folders')
  .option('--seed <n>', 'the same seed kills at the same points', count, 1)
  .option('--count <n>', 'how many runs or rounds', count)
  .option('--cluster <file>', 'kubernetes: how the cluster is reached')
  .option('--only <proofs>', 'kubernetes: some of its proofs, by name, with commas')
  .description('a long proof at any size')
  .action(async (name: string, parts: string[], options: DrillOptions) => (await import('./verbs/drill.js')).drill(name, parts, options));
program
  .command('bench')
  .argument('[name]', 'parse, step, bombs or watch (default: all)')
  .description('measures, beside a reference in the same minute; a JSON line each')
  .action(async (name: string | undefined) => (await import('./verbs/bench.js')).bench(name));
const onKubernetes = program.command('kubernetes').description('what an install by Helm needs beside the charts: docs/kubernetes.md');
onKubernetes
  .command('secrets')
  .description('prints every Secret and ConfigMap that the charts name, for development; pipe it to kubectl apply -f -')
  .option('--namespace <name>', 'namespace of the release', 'enishi')
  .option('--release <name>', 'name of the release of helm/enishi', 'enishi')
  .option('--host <name>', 'name of the routes', 'enishi.kube.test')
  .action(async (options: { namespace: string; release: string; host: string }) =>
    (await import('./verbs/kubernetes.js')).secrets(options),
  );
onKubernetes
  .command('charts')
  .description('puts the dependencies into helm/*/charts, so that helm can install from helm/')
  .action(async () => (await import('./verbs/kubernetes.js')).charts());
onKubernetes
  .command('operator-pod')
  .description('prints a Pod from which dead letters are looked at; pipe it to kubectl apply -f -, then kubectl exec')
  .requiredOption('--image <image>', 'an image of any service of the release')
  .option('--namespace <name>', 'namespace of the release', 'enishi')
  .option('--release <name>', 'name of the release of helm/enishi', 'enishi')
  .option('--bus-url <url>', 'global.bus.url', 'tls://nats:4222')
  .action(async (options: OperatorPod) => (await import('./verbs/kubernetes.js')).operatorPod(options));
onKubernetes
  .command('nats-values')
  .argument('<file>', 'public NKeys: {"operator": "U…", "users": {"<service>": "U…"}}')
  .description('prints values for the official NATS chart: an account for each service, from the contracts')
  .option('--prefix <prefix>', 'stands before the name of each account, for example bank-a-: two platforms share one server')
  .action(async (file: string, options: { prefix?: string }) => (await import('./verbs/kubernetes.js')).natsValues(file, options));
const anew = program.command('new').description('writes what a new service or message begins with');
anew
  .command('service')
  .argument('<name>', 'for example token-issuer')
  .requiredOption('--question <question>', 'the one question that it answers')
  .description('writes a service that starts, with its chart, and lists it')
  .action(async (name: string, { question }: { question: string }) => (await import('./verbs/new.js')).newService({ name, question }));
anew
  .command('message')
  .argument('<subject>', 'for example parser.accounts.count.v1')
  .option('--callers <services...>', 'a request: who may ask it')
  .option('--hearers <services...>', 'a fact (in the past tense): who hears it')
  .description('writes the contract of a message and its samples')
  .action(async (subject: string, { callers = [], hearers = [] }: { callers?: string[]; hearers?: string[] }) =>
    (await import('./verbs/new.js')).newMessage({
      subject,
      kind: hearers.length > 0 ? 'event' : 'request',
      others: hearers.length > 0 ? hearers : callers,
    }),
  );
program
  .command('migration')
  .argument('<service>', 'for example parser')
  .argument('<name>', 'for example add_nickname')
  .description("writes a migration from what a service's schema.prisma says")
  .action(async (service: string, name: string) => (await import('./verbs/migration.js')).migration(service, name));
program
  .command('parse')
  .argument('<file>', 'a statement file')
  .option('--profile <name>', 'reads a CSV by this profile')
  .option('--as-of <date>', 'the year of dates that have none (YYYY-MM-DD)')
  .description('one statement file to JSON')
  .action(async (file: string, options: { profile?: string; asOf?: string }) => (await import('./verbs/parse.js')).parse(file, options));
onPlatform('token', 'a development token for a user')
  .requiredOption('--user <name>', 'for example hanako')
  .option('--client <id>', 'which device or application asks', 'owner')
  .option('--service <name>', 'the service that the token is for', 'parser')
  .option('--scope <scopes>', 'what it may do (default: all that is the holder’s)')
  .action(async (options: { portBase: number; user: string; client: string; service: string; scope?: string }) =>
    (await import('./verbs/token.js')).token(layoutOf(options), options),
  );
onPlatform('dead-letters', 'looks at messages that could not be handled, or replays them')
  .argument('[action]', 'list, show, replay or discard', 'list')
  .argument('[sequence]', 'its number (show, replay, discard)')
  .action(async (action: string, sequence: string | undefined, options: { portBase: number }) =>
    (await import('./verbs/dead-letters.js')).deadLettersVerb(layoutOf(options), action, sequence),
  );
onPlatform('pages', 'lists the sealed answers of banks, or opens one into a file')
  .argument('<action>', 'list or open')
  .argument('[order]', 'whose answer to open')
  .option('--unknown', 'only pages that the connector does not know')
  .option('--out <file>', 'a new file for the opened page; delete it afterwards, it is a customer’s')
  .action(async (action: string, order: string | undefined, options: { portBase: number; unknown?: boolean; out?: string }) =>
    (await import('./verbs/pages.js')).pages(layoutOf(options), action, order, options),
  );
onPlatform('republish', 'sends again what was published in the last day, after nats-server lost its streams').action(
  async (options: { portBase: number }) => (await import('./verbs/republish.js')).republish(layoutOf(options)),
);

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof ExpectedFailure)) throw error;
  process.stderr.write(`enishi: ${error.message}\n`);
  process.exitCode = error.exitCode;
}
