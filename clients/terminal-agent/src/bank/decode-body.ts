/** Takes off a Content-Encoding that was not asked for: some servers send one whatever Accept-Encoding says. (A2) */
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, inflateRaw } from 'node:zlib';
import { BankFailure } from './bank-failure.js';

type Decoder = (body: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>;
const inflateWrapped: Decoder = promisify(inflate);
const inflateBare: Decoder = promisify(inflateRaw);

/** RFC 9110 §8.4.1. `deflate` has a zlib header by the text, and none by many servers: the low four bits of its first byte are 8. */
const DECODERS: Readonly<Record<string, Decoder>> = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: (body, options) => (((body[0] ?? 0) & 0x0f) === 8 ? inflateWrapped : inflateBare)(body, options),
  br: promisify(brotliDecompress),
};

/**
 * @param body as it came over the wire
 * @param coding the Content-Encoding; one coding at most
 * @param maxBytes what may come out; a bomb is not unpacked further
 * @throws BankFailure RESPONSE_TOO_LARGE; SITE_CHANGED for a coding that is not known; BANK_DOWN when the body is not of its coding
 */
export async function decodeBody(body: Buffer, coding: string | undefined, maxBytes: number): Promise<Buffer> {
  const name = (coding ?? '').trim().toLowerCase();
  if (name === '' || name === 'identity' || body.length === 0) return body;
  const decode = Object.hasOwn(DECODERS, name) ? DECODERS[name] : undefined;
  if (!decode) throw new BankFailure('SITE_CHANGED', 'a content-encoding that was not asked for and is not known', 'sent');
  try {
    return await decode(body, { maxOutputLength: maxBytes });
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
      ? new BankFailure('RESPONSE_TOO_LARGE', `more than ${maxBytes} bytes when unpacked`, 'sent')
      : new BankFailure('BANK_DOWN', 'a body that is not of its content-encoding', 'sent');
  }
}
