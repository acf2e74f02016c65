/** The one-time enrolment code: the way by which the PC learns the root, and the platform learns the PC's keys. */
import { createHash, createHmac, randomBytes } from 'node:crypto';
import type { AgentDescription, AgentKeys } from '@enishi/contracts';
import { fromBase64Url, toBase64Url } from './base64url.js';
import { CryptoError } from './crypto-error.js';
import { sha256 } from './hash.js';
import { jwkThumbprint } from './keys.js';

const PREFIX = 'enishi_ec_';
const CODE_ID_BYTES = 12;
const SECRET_BYTES = 20;
const THUMBPRINT_BYTES = 32;
const CHECKSUM_BYTES = 4;
const PLACE = 'enrolment code';

export interface EnrolmentCode {
  /** Names the code at the dispatcher; not secret. 16 characters. */
  readonly codeId: string;
  /** 160 random bits, base64url. Never sent: it keys the MAC. */
  readonly secret: string;
  readonly rootThumbprint: string;
}

const checksum = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest().subarray(0, CHECKSUM_BYTES);

/** Makes a code: `enishi_ec_` and base64url of code id (12 bytes), secret (20), root thumbprint (32), checksum (4). */
export function createEnrolmentCode(rootThumbprint: string): EnrolmentCode & { readonly code: string } {
  const codeId = randomBytes(CODE_ID_BYTES);
  const secret = randomBytes(SECRET_BYTES);
  const root = fromBase64Url(rootThumbprint, 'root thumbprint');
  if (root.length !== THUMBPRINT_BYTES) throw new CryptoError('malformed', 'root thumbprint');
  const body = Buffer.concat([codeId, secret, root]);
  return {
    code: PREFIX + toBase64Url(Buffer.concat([body, checksum(body)])),
    codeId: toBase64Url(codeId),
    secret: toBase64Url(secret),
    rootThumbprint,
  };
}

/** Reads a code as typed or pasted; blanks around it do no harm, any other change is noticed. @throws CryptoError malformed */
export function parseEnrolmentCode(code: string): EnrolmentCode {
  const text = code.trim();
  if (!text.startsWith(PREFIX)) throw new CryptoError('malformed', PLACE, `it begins with ${PREFIX}`);
  const bytes = fromBase64Url(text.slice(PREFIX.length), PLACE);
  if (bytes.length !== CODE_ID_BYTES + SECRET_BYTES + THUMBPRINT_BYTES + CHECKSUM_BYTES)
    throw new CryptoError('malformed', PLACE, 'it is too short or too long');
  const body = bytes.subarray(0, -CHECKSUM_BYTES);
  if (!checksum(body).equals(bytes.subarray(-CHECKSUM_BYTES))) throw new CryptoError('malformed', PLACE, 'a character is wrong');
  return {
    codeId: toBase64Url(body.subarray(0, CODE_ID_BYTES)),
    secret: toBase64Url(body.subarray(CODE_ID_BYTES, CODE_ID_BYTES + SECRET_BYTES)),
    rootThumbprint: toBase64Url(body.subarray(CODE_ID_BYTES + SECRET_BYTES)),
  };
}

/** What a MAC is made over. */
type Unsigned = { readonly codeId: string; readonly keys: AgentKeys; readonly nonce: string } & (
  | { readonly v?: undefined }
  | { readonly v: 2; readonly agent: AgentDescription }
);

/** SHA-256 of what an agent says of itself. Each text stands in quotes: none can run over into the next. */
export function agentHash({ name, version, platform, hostname, capabilities }: AgentDescription): string {
  return sha256(JSON.stringify([name, version, platform, hostname, capabilities]));
}

/** The MAC of an enrolment request (contracts: EnrolmentRequest.mac), base64url. Compare with `sameSecret`. */
export function enrolmentMac(secret: string, request: Unsigned, rootThumbprint: string): string {
  const lines = [
    request.v === 2 ? 'enishi-enrol-v2' : 'enishi-enrol-v1',
    request.codeId,
    jwkThumbprint(request.keys.signing),
    jwkThumbprint(request.keys.sealing),
    request.nonce,
    rootThumbprint,
    ...(request.v === 2 ? [agentHash(request.agent)] : []),
  ];
  return createHmac('sha256', fromBase64Url(secret, 'enrolment secret')).update(lines.join('\n')).digest('base64url');
}
