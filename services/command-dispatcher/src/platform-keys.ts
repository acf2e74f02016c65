/** The keys by which an agent knows this dispatcher, and the key to which results are sealed. */
import { readFileSync } from 'node:fs';
import { follow, type Secret } from '@enishi/config';
import type { RootStatement } from '@enishi/contracts';
import { fromBase64Url, PrivateSigningJwk, thumbprintOfRoot, verifyKey, verifyOwnRoot } from '@enishi/crypto';

export interface PlatformKeys {
  readonly rootStatement: string;
  readonly root: RootStatement;
  readonly rootThumbprint: string;
  readonly orderKey: PrivateSigningJwk;
  /** Goes in the header of every order and receipt. */
  readonly orderKeyStatement: string;
  /** Goes in every order: the agent seals its result to this key. */
  readonly resultKeyStatement: string;
  /** Seals enrolment secrets at rest. */
  readonly storageKey: Buffer;
}
/** Injection token. */
export const PLATFORM_KEYS = Symbol('PLATFORM_KEYS');

interface KeyFiles {
  readonly ROOT_FILE: string;
  readonly ORDER_KEY_FILE: Secret;
  readonly ORDER_KEY_STATEMENT_FILE: string;
  readonly RESULT_KEY_STATEMENT_FILE: string;
  readonly STORAGE_KEY_FILE: Secret;
}
type Problem = { readonly key: keyof KeyFiles; readonly message: string };

/** Reads the files and checks each against the root: a part that does not fit is a problem of that setting. */
export function readPlatformKeys(files: KeyFiles): Partial<PlatformKeys> & { readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const attempt = <T>(key: keyof KeyFiles, read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      // A JSON error would repeat a part of the file.
      problems.push({ key, message: error instanceof SyntaxError || !(error instanceof Error) ? 'must be JSON' : plain(error) });
      return undefined;
    }
  };
  const nowSeconds = Math.floor(Date.now() / 1000);
  const rootStatement = attempt('ROOT_FILE', () => readFileSync(files.ROOT_FILE, 'utf8').trim());
  const root = attempt('ROOT_FILE', () => (rootStatement === undefined ? undefined : verifyOwnRoot(rootStatement)));
  const orderKey = attempt('ORDER_KEY_FILE', () => {
    const parsed = PrivateSigningJwk.safeParse(JSON.parse(files.ORDER_KEY_FILE.reveal()));
    if (!parsed.success) throw new Error('must hold a private Ed25519 JWK with kty, crv, x and d');
    return parsed.data;
  });
  const orderKeyStatement = attempt('ORDER_KEY_STATEMENT_FILE', () => {
    const statement = readFileSync(files.ORDER_KEY_STATEMENT_FILE, 'utf8').trim();
    if (root === undefined) return statement;
    const certified = verifyKey(statement, root, 'order', nowSeconds);
    if (orderKey !== undefined && certified.jwk.x !== orderKey.x) throw new Error('certifies another key than that of ORDER_KEY_FILE');
    return statement;
  });
  const resultKeyStatement = attempt('RESULT_KEY_STATEMENT_FILE', () => {
    const statement = readFileSync(files.RESULT_KEY_STATEMENT_FILE, 'utf8').trim();
    if (root !== undefined) verifyKey(statement, root, 'result', nowSeconds);
    return statement;
  });
  const storageKey = attempt('STORAGE_KEY_FILE', () => {
    const bytes = fromBase64Url(files.STORAGE_KEY_FILE.reveal(), 'storage key');
    if (bytes.length !== 32) throw new Error('must hold 32 bytes in base64url');
    return bytes;
  });
  const rootThumbprint = rootStatement === undefined ? undefined : thumbprintOfRoot(rootStatement);
  return { rootStatement, root, rootThumbprint, orderKey, orderKeyStatement, resultKeyStatement, storageKey, problems };
}

/** All of them. @throws when one is missing: the configuration was checked before, so a file has changed meanwhile. */
function platformKeysOf(files: KeyFiles): PlatformKeys {
  const { problems, ...keys } = readPlatformKeys(files);
  if (problems.length > 0) throw new Error(`${problems[0]?.key} ${problems[0]?.message}`);
  return keys as PlatformKeys;
}

/** How often the files are looked at, ms. */
const LOOK_MS = 1_000;

/**
 * All of them, and from then on those that orders go with as they stand in the files: the order key, its statement, and
 * that of the result key, taken up together once they fit each other and the root. The root and the storage key belong to
 * what is stored: they are those of the start.
 */
export function followPlatformKeys(
  files: KeyFiles,
  told: { keysChanged(): void; keysRefused(err: unknown): void },
): PlatformKeys & { onModuleDestroy(): void } {
  const keys = platformKeysOf(files);
  const statements = [files.ORDER_KEY_STATEMENT_FILE, files.RESULT_KEY_STATEMENT_FILE];
  const onModuleDestroy = follow({
    look: () => [files.ORDER_KEY_FILE.reveal(), ...statements.map((file) => readFileSync(file, 'utf8'))].join('\n'),
    changed: () => {
      const { rootThumbprint, orderKey, orderKeyStatement, resultKeyStatement } = platformKeysOf(files);
      if (rootThumbprint !== keys.rootThumbprint) throw new Error('ROOT_FILE holds another root, which needs a restart');
      Object.assign(keys, { orderKey, orderKeyStatement, resultKeyStatement });
      told.keysChanged();
    },
    refused: (err) => told.keysRefused(err),
    everyMs: LOOK_MS,
  });
  return Object.assign(keys, { onModuleDestroy });
}

function plain(error: Error): string {
  return error.message.replace(/^the /, 'names a file whose ');
}
