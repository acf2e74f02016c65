/** One sealed answer of a bank, opened for the operator who writes a connector from it. */
import { constants } from 'node:fs';
import { open as openFile, unlink } from 'node:fs/promises';
import { Result } from '@enishi/contracts';
import { CryptoError, open, type PrivateSealingJwk, RESULT_TYP, readUnverified, sha256, unpackResult } from '@enishi/crypto';

export interface OpenedPage {
  status: number;
  contentType: string | null;
  bytes: number;
  /** SHA-256 of the body, base64url: the agent's own, which it signed. */
  hash: string;
}

/** Why nothing was written; the message is for the operator and names no content. */
export class NotOpened extends Error {}

/**
 * Opens `page.sealed` and writes the bank's bytes to `out`, as a new file that only its owner reads. The agent's
 * signature and the order were verified when the page was accepted: nothing else is ever stored. What is checked here is
 * that the bytes are those of that day. `opened` is called before the first byte leaves: who dies between the two has
 * left a line too many, never one too few.
 * @throws NotOpened when the key is another one, the page was changed or has no body, or `out` is there already
 */
export async function openPage(
  page: { sealed: string; fingerprint: string },
  resultKey: PrivateSealingJwk,
  out: string,
  opened: (page: OpenedPage) => void,
): Promise<OpenedPage> {
  const { result, body } = await unsealed(page.sealed, resultKey);
  const { outcome } = result;
  if (outcome.kind === 'failed') throw new NotOpened(`the bank sent no answer: the terminal ended with ${outcome.cause}`);
  const hash = sha256(body);
  if (hash !== page.fingerprint) throw new NotOpened('the page is not the one that was accepted');
  const facts = { status: outcome.status, contentType: outcome.headers['content-type'] ?? null, bytes: body.length, hash };
  // Made by this call or not at all: nothing is overwritten, no link is followed, and nobody else can have opened it before.
  const file = await openFile(out, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600).catch((error: unknown) => {
    throw new NotOpened(`${out} cannot be made: ${reasonOf(error)}`);
  });
  try {
    opened(facts);
    await file.writeFile(body);
    await file.sync();
  } catch (error) {
    // Half a page would be taken for a whole one.
    await unlink(out).catch(() => undefined);
    throw new NotOpened(`${out} cannot be written: ${reasonOf(error)}`);
  } finally {
    await file.close();
  }
  return facts;
}

async function unsealed(sealed: string, resultKey: PrivateSealingJwk): Promise<{ result: Result; body: Buffer }> {
  try {
    const { resultJws, body } = unpackResult(await open(sealed, resultKey, 'page'));
    return { result: readUnverified(resultJws, RESULT_TYP, Result), body };
  } catch (error) {
    if (error instanceof CryptoError) throw new NotOpened(`${error.code}: ${error.message}`);
    throw error;
  }
}

function reasonOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EEXIST' ? 'it is there already, and is not overwritten' : (code ?? 'it failed');
}
