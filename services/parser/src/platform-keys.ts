/** The keys of this parser: the root that it trusts, the key that opens results, the key of account identities. */
import { readFileSync } from 'node:fs';
import { follow, type Secret } from '@enishi/config';
import type { RootStatement } from '@enishi/contracts';
import { fromBase64Url, PrivateSealingJwk, verifyOwnRoot } from '@enishi/crypto';

export interface PlatformKeys {
  readonly root: RootStatement;
  /** Open what agents have sealed to this parser: the key of now, and the one before it, to which results may be on their way. */
  readonly resultKeys: readonly PrivateSealingJwk[];
  readonly identityKey: Buffer;
}
/** Injection token. */
export const PLATFORM_KEYS = Symbol('PLATFORM_KEYS');

interface KeyFiles {
  readonly ROOT_FILE: string;
  readonly RESULT_KEY_FILE: Secret;
  readonly IDENTITY_KEY_FILE: Secret;
}
interface Keys {
  readonly root: RootStatement;
  readonly resultKey: PrivateSealingJwk;
  readonly identityKey: Buffer;
}
type Problem = { readonly key: keyof KeyFiles; readonly message: string };

/** Reads the files; a part that is not what it should be is a problem of that setting. Messages never repeat a file. */
export function readPlatformKeys(files: KeyFiles): Partial<Keys> & { readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const attempt = <T>(key: keyof KeyFiles, message: string, read: () => T): T | undefined => {
    try {
      return read();
    } catch {
      problems.push({ key, message });
      return undefined;
    }
  };
  const root = attempt('ROOT_FILE', 'must hold the statement of a root', () => verifyOwnRoot(readFileSync(files.ROOT_FILE, 'utf8').trim()));
  const resultKey = attempt('RESULT_KEY_FILE', 'must hold a private X25519 JWK with kty, crv, x and d', () =>
    PrivateSealingJwk.parse(JSON.parse(files.RESULT_KEY_FILE.reveal())),
  );
  const identityKey = attempt('IDENTITY_KEY_FILE', 'must hold 32 bytes in base64url', () => {
    const bytes = fromBase64Url(files.IDENTITY_KEY_FILE.reveal(), 'identity key');
    if (bytes.length !== 32) throw new RangeError('not 32 bytes');
    return bytes;
  });
  return { root, resultKey, identityKey, problems };
}

/** How often the file of the result key is looked at, ms. */
const LOOK_MS = 1_000;

/**
 * All of them, and from then on the result key as it stands in its file. Give the parser a new key before the dispatcher
 * gets its statement. The root and the identity key belong to what is stored: they are those of the start.
 */
export function followPlatformKeys(
  files: KeyFiles,
  told: { keysChanged(): void; keysRefused(err: unknown): void },
): PlatformKeys & { onModuleDestroy(): void } {
  const { root, identityKey, resultKey } = keysOf(files);
  let current = resultKey;
  const keys = { root, identityKey, resultKeys: [current] };
  const onModuleDestroy = follow({
    look: () => files.RESULT_KEY_FILE.reveal(),
    changed: () => {
      const { resultKey: found } = keysOf(files);
      if (found.x === current.x) return;
      keys.resultKeys = [found, current];
      current = found;
      told.keysChanged();
    },
    refused: (err) => told.keysRefused(err),
    everyMs: LOOK_MS,
  });
  return Object.assign(keys, { onModuleDestroy });
}

/** @throws when one is missing: the configuration was checked before, so a file has changed meanwhile. */
function keysOf(files: KeyFiles): Keys {
  const { root, resultKey, identityKey, problems } = readPlatformKeys(files);
  if (!root || !resultKey || !identityKey) throw new TypeError(problems.map(({ key, message }) => `${key} ${message}`).join('; '));
  return { root, resultKey, identityKey };
}
