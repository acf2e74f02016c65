/** The command line: verbs, their options, and what is said when they are not right. */
import { parseArgs } from 'node:util';
import { AppError } from '@enishi/errors';

export const USAGE = `enishi-agent: fetches from your bank on this PC, on the platform's signed orders only

  enishi-agent enrol   --relay wss://HOST[:PORT] [--code CODE] [--ca FILE] [--replace]
      Ties this PC to your account. Without --code the code is asked for (or read from standard input).
  enishi-agent connect --connection ID --origin https://BANK[:PORT] [--certificate FILE --key FILE [--keep-in-place]]
                       [--secret NAME]...
      Gives this PC the certificate and the secrets for one bank. Each secret is asked for (or read from
      standard input, a line each, in the order of --secret). Nothing of it leaves this PC but to that
      origin; given again with another one, what was kept for the connection is forgotten.
      --keep-in-place remembers where the files are instead of taking them into the vault.
      The files are PEM. A key with a passphrase is opened once (the passphrase is asked for, before the
      secrets); kept in place it must have none. From a .p12:
        openssl pkcs12 -legacy -in user.p12 -clcerts -nokeys -out client.pem
        openssl pkcs12 -legacy -in user.p12 -nocerts -out client.key
      -legacy is for the old encryption that most issuers use; an openssl before 3 does without it.
      From a key in an encryption of old:
        openssl pkcs8 -provider legacy -provider default -topk8 -in old.key -out client.key
  enishi-agent run
      Stays connected and does what it is ordered to. End it with Ctrl-C.
  enishi-agent status
      Enrolment, connection, certificates and when they end.
  enishi-agent log     [--last N]
      What it did, line by line; says so when lines were changed or removed.

  All: [--home DIR] (default: .enishi-agent in your home folder)
`;

const HOME = { home: { type: 'string' } } as const;
const OPTIONS = {
  enrol: { ...HOME, relay: { type: 'string' }, code: { type: 'string' }, ca: { type: 'string' }, replace: { type: 'boolean' } },
  connect: {
    ...HOME,
    connection: { type: 'string' },
    origin: { type: 'string' },
    certificate: { type: 'string' },
    key: { type: 'string' },
    'keep-in-place': { type: 'boolean' },
    secret: { type: 'string', multiple: true },
  },
  run: HOME,
  status: HOME,
  log: { ...HOME, last: { type: 'string' } },
} as const;

export type Verb = keyof typeof OPTIONS;
export type ValuesOf<V extends Verb> = ReturnType<typeof parseArgs<{ options: (typeof OPTIONS)[V]; strict: true }>>['values'];
export type Command = { [V in Verb]: { readonly verb: V; readonly values: ValuesOf<V> } }[Verb];

export const usageError = (message: string, place?: string) => new AppError('terminal-agent.usage_wrong', 'invalid', message, { place });

/** @throws AppError terminal-agent.usage_wrong */
export function parseCommand(argv: readonly string[]): Command | 'help' {
  const [verb, ...rest] = argv;
  if (verb === undefined || verb === 'help' || verb === '--help' || verb === '-h' || rest.includes('--help')) return 'help';
  if (!Object.hasOwn(OPTIONS, verb)) throw usageError(`there is no verb ${verb}`);
  try {
    const { values } = parseArgs({ args: rest, options: OPTIONS[verb as Verb], strict: true, allowPositionals: false });
    return { verb, values } as Command;
  } catch (error) {
    throw usageError(error instanceof Error ? error.message : 'the options are not right');
  }
}
