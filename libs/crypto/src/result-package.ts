/** What is sealed to the parser: the agent's JWS, one line feed, the body byte for byte (contracts: Result). */
import { CryptoError } from './crypto-error.js';

const LINE_FEED = 0x0a;

export function packResult(resultJws: string, body: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(resultJws, 'latin1'), Buffer.from([LINE_FEED]), body]);
}

/** The JWS is not verified here, nor the body compared with its hash. @throws CryptoError malformed */
export function unpackResult(bytes: Uint8Array): { resultJws: string; body: Buffer } {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = whole.indexOf(LINE_FEED);
  if (end < 1) throw new CryptoError('malformed', 'result', 'no line feed after the JWS');
  return { resultJws: whole.toString('latin1', 0, end), body: whole.subarray(end + 1) };
}
