/** The operator's program for the bus: streams and consumers, permissions, dead letters. */
import { parseArgs } from 'node:util';
import { SERVICES } from '@enishi/contracts';
import { AppError } from '@enishi/errors';
import { operatorConfig } from './cli-config.js';
import type { NatsLogin } from './connection.js';
import { DeadLetters } from './dead-letters.js';
import { permissionsOf } from './permissions.js';
import { provision } from './provision.js';

const USAGE = `usage: cli.js <command>
  provision                        make streams and consumers, or bring them up to date
  permissions                      what each service may publish and subscribe to in its account, from the contracts
  dead-letters list [--service S]  events that could not be handled, one JSON line each
  dead-letters show N              one of them, with its payload
  dead-letters replay N|--all      send it again to the service that could not handle it
  dead-letters discard N           take it away for good
All but permissions need NATS_URL and NATS_NKEY_FILE (the operator's), and take NATS_CA_FILE and NATS_REPLICAS.
`;

const say = (value: unknown) => void process.stdout.write(`${JSON.stringify(value)}\n`);

async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { service: { type: 'string' }, all: { type: 'boolean', default: false } },
  });
  switch (positionals[0]) {
    case 'permissions':
      say(Object.fromEntries(SERVICES.map((service) => [service, permissionsOf(service)])));
      return 0;
    case 'provision': {
      const config = operatorConfig();
      say(await provision({ ...login(config), replicas: Number(config.NATS_REPLICAS) }));
      return 0;
    }
    case 'dead-letters':
      return deadLetters(positionals.slice(1), values);
    default:
      process.stderr.write(USAGE);
      return 2;
  }
}

async function deadLetters([action, number]: string[], { service, all }: { service?: string; all: boolean }): Promise<number> {
  const seq = Number(number);
  const numbered = Number.isSafeInteger(seq) && seq > 0;
  const known =
    action === 'list' || (action === 'replay' && (all || numbered)) || ((action === 'show' || action === 'discard') && numbered);
  if (!known) {
    process.stderr.write(USAGE);
    return 2;
  }
  const letters = await DeadLetters.connect(login(operatorConfig()));
  try {
    if (action === 'list') for (const letter of await letters.list(service)) say(letter);
    if (action === 'show') say(await letters.show(seq));
    if (action === 'discard') {
      await letters.discard(seq);
      say({ discarded: seq });
    }
    // Killed half-way, the rest are still there: run it again.
    if (action === 'replay')
      for (const one of all ? (await letters.list(service)).map((letter) => letter.seq) : [seq]) say(await letters.replay(one));
    return 0;
  } finally {
    await letters.close();
  }
}

function login(config: ReturnType<typeof operatorConfig>): NatsLogin {
  return { url: config.NATS_URL, nkeySeed: config.NATS_NKEY_FILE.reveal(), caFile: config.NATS_CA_FILE };
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(
    `${error instanceof AppError ? `${error.code}: ${error.message}` : error instanceof Error ? error.message : 'It failed.'}\n`,
  );
  process.exitCode = 1;
}
