/** One connection and one answer, over real TLS, from a bank that misbehaves in every way. */
import type { TlsOptions } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { type CertRequest, createCa, issueCert } from '@enishi/infra';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { askBank } from '../src/bank/ask-bank.js';
import { connectBank, type Resolve, systemResolve } from '../src/bank/connect-bank.js';
import { RawBank } from './raw-bank.js';

jest.setTimeout(60_000);

const here: Resolve = () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]);
const MAX_BYTES = 1_000;
let bank: RawBank | undefined;
afterEach(async () => {
  await bank?.stop();
  bank = undefined;
});

interface Door {
  readonly serverCa?: string;
  readonly url?: URL;
  readonly resolve?: Resolve;
  readonly timeoutMs?: number;
}

async function ask(of: RawBank, { serverCa = of.serverCa.certPem, url = of.url, resolve = here, timeoutMs = 20_000 }: Door = {}) {
  const signal = AbortSignal.timeout(timeoutMs);
  const socket = await connectBank({ url, development: true, serverCa, certificate: of.user }, signal, resolve);
  return askBank(socket, { url, method: 'GET', headers: {}, cookie: '', body: undefined, maxBytes: MAX_BYTES }, signal);
}
const failing = (outcome: string, detail: string | RegExp = /./) =>
  expect.objectContaining({ outcome, detail: expect.stringMatching(detail) });

/** The answer to a bank that says exactly these bytes, then hangs up. */
async function answerTo(...parts: (string | Uint8Array)[]) {
  bank = await RawBank.start((socket) => {
    for (const part of parts) socket.write(part);
    socket.end();
  });
  return ask(bank);
}

describe('the answer of a bank', () => {
  it('A2 is complete when Content-Length says so: more bytes behind it are no part of it (RFC 9112 §6.3)', async () => {
    for (const connection of ['Connection: close\r\n', '', 'Connection: keep-alive\r\n'])
      for (const behind of ['\r\n', 'x', '<!-- served by node 3 -->\r\n'.repeat(60), 'HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n']) {
        const answer = await answerTo(`HTTP/1.1 200 OK\r\n${connection}Content-Length: 5\r\n\r\nhello${behind}`);
        expect([answer.status, answer.body.toString()]).toEqual([200, 'hello']);
        await bank?.stop();
      }
  });

  it('A2 that is packed though nobody asked for it is unpacked, within the limit', async () => {
    const head = (body: Buffer) =>
      `HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\nContent-Length: ${body.length}\r\n\r\n`;
    const page = gzipSync('<h1>ok</h1>');
    expect((await answerTo(head(page), page)).body.toString()).toBe('<h1>ok</h1>');
    await bank?.stop();
    const bomb = gzipSync(Buffer.alloc(900_000));
    await expect(answerTo(head(bomb), bomb)).rejects.toEqual(failing('RESPONSE_TOO_LARGE', 'unpacked'));
    await bank?.stop();
    await expect(answerTo('HTTP/1.1 200 OK\r\nContent-Encoding: zstd\r\nContent-Length: 1\r\n\r\nx')).rejects.toEqual(
      failing('SITE_CHANGED'),
    );
  });

  it('A2 keeps what tells of its charset: the header as the bank wrote it, the byte order mark in the body', async () => {
    const page = '\ufeff<meta charset="euc-jp">口座';
    const length = Buffer.byteLength(page);
    const answer = await answerTo(
      `HTTP/1.1 200 OK\r\nContent-Type: text/html; Charset="Shift_JIS"\r\nContent-Length: ${length}\r\n\r\n${page}`,
    );
    expect(answer.headers['content-type']).toBe('text/html; Charset="Shift_JIS"');
    expect(answer.body.toString('utf8')).toBe(page);
  });

  it.each([
    ['no HTTP', 'BANK_DOWN', 'hello\r\n\r\n'],
    ['nothing at all', 'BANK_DOWN', ''],
    ['two lengths', 'BANK_DOWN', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello'],
    ['a length and chunks', 'BANK_DOWN', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['a length that is none', 'BANK_DOWN', 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n'],
    ['a chunk without its length', 'BANK_DOWN', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n'],
    ['less than it promised', 'BANK_DOWN', 'HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello'],
    ['chunks without an end', 'BANK_DOWN', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n'],
    ['a status below 100', 'BANK_DOWN', 'HTTP/1.1 099 X\r\nContent-Length: 0\r\n\r\n'],
    ['a status above 599', 'BANK_DOWN', 'HTTP/1.1 999 X\r\nContent-Length: 0\r\n\r\n'],
    ['another protocol', 'BANK_DOWN', 'HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'],
    ['headers without end', 'RESPONSE_TOO_LARGE', `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`],
    ['a header that is too long', 'RESPONSE_TOO_LARGE', `HTTP/1.1 302 X\r\nLocation: /${'y'.repeat(3_000)}\r\nContent-Length: 0\r\n\r\n`],
    ['too much', 'RESPONSE_TOO_LARGE', `HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n${'x'.repeat(1_001)}`],
  ])('A2 with %s has a cause at once: %s', async (_name, cause, bytes) => {
    await expect(answerTo(bytes)).rejects.toEqual(failing(cause));
  });

  it('A2 of whatever bytes is an answer or a named failure, well before the deadline', async () => {
    const line = fc.constantFrom(
      'HTTP/1.1 200 OK\r\n',
      'HTTP/1.1 100 Continue\r\n\r\n',
      'HTTP/1.0 200\r\n',
      'Content-Length: 5\r\n',
      'Transfer-Encoding: chunked\r\n',
      'Content-Encoding: gzip\r\n',
      'Content-Encoding: deflate\r\n',
      'Connection: close\r\n',
      'Connection: upgrade\r\nUpgrade: h2c\r\n',
      'Set-Cookie: a=b\r\n',
      'Trailer: x\r\n',
      '\r\n',
      'hello',
      '5\r\nhello\r\n0\r\n\r\n',
      '\0',
    );
    const bytes = fc.array(fc.oneof({ weight: 6, arbitrary: line }, fc.string({ maxLength: 8 })), { maxLength: 9 });
    let said = '';
    bank = await RawBank.start((socket) => socket.end(Buffer.from(said, 'latin1')));
    const of = bank;
    await fc.assert(
      fc.asyncProperty(bytes, async (parts) => {
        said = parts.join('');
        const outcome = await ask(of).then(
          ({ status }) => (status >= 100 && status <= 599 ? 'answer' : `status ${status}`),
          (error: { outcome?: string }) => error.outcome,
        );
        expect([said, outcome]).toEqual([said, expect.stringMatching(/^(answer|BANK_DOWN|RESPONSE_TOO_LARGE|SITE_CHANGED)$/)]);
      }),
      { numRuns: 150 },
    );
  });
});

describe('a connection to a bank', () => {
  const localhost = { kind: 'server', commonName: 'localhost' } as const;
  /** What `connectBank` says of a server with this certificate, when its CA is the one that is asked for. */
  async function shown(change: Partial<CertRequest>, options: TlsOptions = {}) {
    const ca = await createCa({ commonName: 'Raw Bank Server CA' });
    const { keyPem: key, certPem: cert } = await issueCert(ca, { ...localhost, ...change });
    bank = await RawBank.start((socket) => socket.end(), { key, cert, ...options });
    return ask(bank, { serverCa: ca.certPem });
  }

  it('A2 to a server whose certificate has ended, is of another host, or of an unknown CA is BANK_TLS_CHANGED, each by its word', async () => {
    await expect(shown({ validForSeconds: -60 })).rejects.toEqual(failing('BANK_TLS_CHANGED', /^expired \(/));
    await bank?.stop();
    await expect(shown({ names: ['other.example'] })).rejects.toEqual(failing('BANK_TLS_CHANGED', /^wrong host \(/));
    await bank?.stop();
    bank = await RawBank.start((socket) => socket.end());
    const stranger = (await createCa({ commonName: 'Stranger' })).certPem;
    await expect(ask(bank, { serverCa: stranger })).rejects.toEqual(failing('BANK_TLS_CHANGED', /^unknown CA \(/));
  });

  it.each(['key', 'digest'] as const)(
    'A2 to a server whose certificate has a weak %s is BANK_TLS_CHANGED: too weak, and never the bank being down',
    async (weak) => {
      await expect(shown({ weak }, { ciphers: 'DEFAULT@SECLEVEL=0' })).rejects.toEqual(failing('BANK_TLS_CHANGED', /^too weak \(/));
    },
  );

  it('A2 to a server that speaks old TLS only is BANK_TLS_CHANGED: old protocol', async () => {
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    await expect(shown({}, old)).rejects.toEqual(failing('BANK_TLS_CHANGED', /^old protocol \(/));
  });

  it('A2 that TLS ends in a way that is not known is BANK_TLS_UNKNOWN, with what OpenSSL calls it', async () => {
    await expect(shown({}, { ALPNProtocols: ['h2'] })).rejects.toEqual(failing('BANK_TLS_UNKNOWN', 'alert 120'));
  });

  it("A2 to a name that the PC's name service does not know is PC_NETWORK_DOWN, and not the bank being down", async () => {
    bank = await RawBank.start((socket) => socket.end());
    // A name that exists nowhere (RFC 6761).
    const url = new URL('https://bank.invalid/top');
    await expect(ask(bank, { url, resolve: systemResolve })).rejects.toEqual(failing('PC_NETWORK_DOWN'));
    await expect(ask(bank, { url, resolve: () => Promise.resolve([]) })).rejects.toEqual(failing('PC_NETWORK_DOWN'));
  });

  it('A3 goes to the address that was vetted: the name is not resolved a second time', async () => {
    const ca = await createCa({ commonName: 'Raw Bank Server CA' });
    const { keyPem: key, certPem: cert } = await issueCert(ca, { ...localhost, names: ['bank.invalid'] });
    bank = await RawBank.start((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'), { key, cert });
    // Whoever asks for this name again learns that there is none.
    const url = new URL(`https://bank.invalid:${bank.url.port}/top`);
    expect((await ask(bank, { serverCa: ca.certPem, url })).body.toString()).toBe('ok');
  });

  it('A2 that finds nobody at one address of the bank tries the next one', async () => {
    bank = await RawBank.start((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
    // The bank listens by IPv4 only.
    const both: Resolve = () =>
      Promise.resolve([
        { address: '::1', family: 6 },
        { address: '127.0.0.1', family: 4 },
      ]);
    expect((await ask(bank, { resolve: both })).status).toBe(200);
  });
});
