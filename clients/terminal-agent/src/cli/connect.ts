import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ConnectionId } from '@enishi/contracts';
import { AppError } from '@enishi/errors';
import { Home } from '../home/home.js';
import {
  type ClientCertificate,
  expiryWarning,
  isLocked,
  loadCertificate,
  type StoredCertificate,
  unlockKey,
} from '../vault/certificates.js';
import { nameInWords } from '../vault/distinguished-name.js';
import { FileKeyProvider } from '../vault/key-provider.js';
import { Vault } from '../vault/vault.js';
import { usageError, type ValuesOf } from './arguments.js';
import { readSecrets } from './read-secret.js';

/** Gives this PC what one bank asks of the user, after it was proven in a TLS context. `run` notices by itself. */
export async function connect(values: ValuesOf<'connect'>, say: (words: string) => void): Promise<number> {
  const home = new Home(values.home);
  home.identity();
  const connectionId = ConnectionId.safeParse(values.connection);
  if (!connectionId.success) throw usageError('--connection must be the id of a connection (conn_…)', '--connection');
  const origin = URL.parse(values.origin ?? '')?.origin;
  if (!origin?.startsWith('https://') || origin !== values.origin)
    throw usageError('--origin must be the address of the bank that this is for, as in https://bank.example', '--origin');
  const names = values.secret ?? [];
  if (names.length === 0 && !values.certificate) throw usageError('give --certificate with --key, or --secret, or both');
  for (const name of names) if (!/^[a-z][A-Za-z0-9]{0,39}$/.test(name)) throw usageError(`${name} is not a name of a secret`, '--secret');
  const given = storedCertificate(values);
  const locked = given?.kind === 'imported' && isLocked(given.keyPem) ? given : undefined;
  // What is wrong already is told before anything is asked.
  if (given && !locked) prove(given, values.certificate);
  const answers = await askFor([...(locked ? ['passphrase of the key'] : []), ...names]);
  const certificate = locked ? { ...locked, keyPem: unlockKey(locked.keyPem, answers.shift() ?? '') } : given;
  const loaded = certificate && prove(certificate, values.certificate);
  const vault = await Vault.open(home, new FileKeyProvider(home.vaultKeyFile));
  vault.change(connectionId.data, {
    origin,
    certificate,
    secrets: Object.fromEntries(names.map((name, index) => [name, answers[index] ?? ''])),
  });
  if (loaded) say(`certificate of ${loaded.subject}, issued by ${nameInWords(loaded.issuer)}, valid until ${day(loaded.notAfter)}`);
  if (names.length > 0) say(`kept for ${origin} only: ${names.join(', ')}`);
  return 0;
}

const askFor = (prompts: readonly string[]): Promise<string[]> => (prompts.length === 0 ? Promise.resolve([]) : readSecrets(prompts));

/** @throws AppError terminal-agent.certificate_not_valid */
function prove(certificate: StoredCertificate, place: string | undefined): ClientCertificate {
  const loaded = loadCertificate(certificate);
  if (expiryWarning(loaded.notAfter, new Date()) !== 0) return loaded;
  const ended = `this certificate ended on ${day(loaded.notAfter)}: renew it at the bank`;
  throw new AppError('terminal-agent.certificate_not_valid', 'invalid', ended, { place });
}

const day = (date: Date) => date.toISOString().slice(0, 10);

function storedCertificate(values: ValuesOf<'connect'>): StoredCertificate | undefined {
  if (!values.certificate && !values.key) return undefined;
  if (!values.certificate || !values.key) throw usageError('--certificate and --key belong together');
  const certFile = resolve(values.certificate);
  const keyFile = resolve(values.key);
  if (values['keep-in-place']) return { kind: 'files', certFile, keyFile };
  try {
    return { kind: 'imported', certPem: readFileSync(certFile, 'utf8'), keyPem: readFileSync(keyFile, 'utf8') };
  } catch {
    throw usageError('the certificate or its key cannot be read', '--certificate');
  }
}
