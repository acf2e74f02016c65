/** What Postgres keeps of a password. Made here, so that no statement, and so no log of statements, holds the password. */
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';

/** As Postgres itself: RFC 7677, section 4 asks for 4096 at least. */
const ITERATIONS = 4_096;
const SALT_BYTES = 16;

/**
 * `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>` (RFC 5803; Postgres, "pg_authid"), keys as in RFC 5802,
 * section 3. Only printable ASCII, which SASLprep (RFC 4013) leaves as it is.
 * @throws {RangeError} for another character, or none, without the password
 */
export function scramVerifier(password: string, salt: Buffer = randomBytes(SALT_BYTES)): string {
  if (!/^[ -~]+$/.test(password)) throw new RangeError('a password of a role holds printable ASCII characters only, and one at least');
  const salted = pbkdf2Sync(password, salt, ITERATIONS, 32, 'sha256');
  const keyOf = (what: string) => createHmac('sha256', salted).update(what).digest();
  const storedKey = createHash('sha256').update(keyOf('Client Key')).digest();
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString('base64')}$${storedKey.toString('base64')}:${keyOf('Server Key').toString('base64')}`;
}
