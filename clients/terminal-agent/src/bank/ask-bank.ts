/** Makes one HTTP request on an open connection and takes the answer as it is: no redirect is followed, nothing is decoded. (A2, A3) */
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { Result } from '@enishi/contracts';
import { sha256 } from '@enishi/crypto';
import { BankFailure, nameFailure } from './bank-failure.js';

export interface BankQuestion {
  readonly url: URL;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly cookie: string;
  /** Percent-encoded form; undefined for a GET. */
  readonly body: string | undefined;
  readonly maxBytes: number;
}

export interface BankAnswer {
  readonly status: number;
  readonly headers: (Result['outcome'] & { kind: 'response' })['headers'];
  readonly setCookie: readonly string[];
  readonly body: Buffer;
  readonly peerCertificateHash: string;
}

const PASSED_HEADERS = ['content-type', 'content-disposition', 'location', 'date', 'retry-after'] as const;
const MAX_PASSED_HEADER = 2_000;

function passedHeaders(message: IncomingMessage): BankAnswer['headers'] {
  const passed: Record<string, string> = {};
  for (const name of PASSED_HEADERS) {
    const value = message.headers[name];
    if (typeof value !== 'string') continue;
    if (value.length > MAX_PASSED_HEADER) throw new BankFailure('RESPONSE_TOO_LARGE', `header ${name}`, 'sent');
    passed[name] = value;
  }
  return passed;
}

/** Nothing is written until `end`. */
function openRequest(socket: TLSSocket, question: BankQuestion): ClientRequest {
  return httpRequest({
    createConnection: () => socket,
    method: question.method,
    path: question.url.pathname + question.url.search,
    setDefaultHeaders: false,
    headers: {
      host: question.url.host,
      ...question.headers,
      ...(question.cookie === '' ? {} : { cookie: question.cookie }),
      ...(question.body === undefined
        ? {}
        : { 'content-type': 'application/x-www-form-urlencoded', 'content-length': String(Buffer.byteLength(question.body)) }),
      connection: 'close',
    },
  });
}

/** @throws BankFailure */
export async function askBank(socket: TLSSocket, question: BankQuestion, signal: AbortSignal): Promise<BankAnswer> {
  let request: ClientRequest;
  try {
    request = openRequest(socket, question);
  } catch {
    // Node refuses to write what HTTP cannot carry; only a cookie of the bank's own can be that.
    socket.destroy();
    throw new BankFailure('BANK_DOWN', 'a cookie that HTTP cannot carry', 'handshake');
  }
  const { promise, resolve, reject } = Promise.withResolvers<BankAnswer>();
  const peer = socket.getPeerX509Certificate()?.raw;
  const fail = (error: unknown) => {
    signal.removeEventListener('abort', onAbort);
    socket.destroy();
    reject(nameFailure(error, 'sent'));
  };
  const onAbort = () => fail(new BankFailure('BANK_TIMEOUT', 'no whole answer in time', 'sent'));
  signal.addEventListener('abort', onAbort);
  request.on('error', fail);
  request.on('response', (message) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    message.on('error', fail);
    // 'end' without `complete`: the bank promised more bytes than came.
    message.on('close', () => {
      if (!message.complete) fail(new BankFailure('BANK_DOWN', 'the answer broke off', 'sent'));
    });
    message.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > question.maxBytes) return fail(new BankFailure('RESPONSE_TOO_LARGE', `more than ${question.maxBytes} bytes`, 'sent'));
      chunks.push(chunk);
    });
    message.on('end', () => {
      if (!message.complete) return;
      try {
        if (message.statusCode === undefined || message.statusCode > 599)
          throw new BankFailure('BANK_DOWN', 'a status that HTTP does not have', 'sent');
        const answer: BankAnswer = {
          status: message.statusCode,
          headers: passedHeaders(message),
          setCookie: message.headers['set-cookie'] ?? [],
          body: Buffer.concat(chunks),
          peerCertificateHash: sha256(peer ?? ''),
        };
        signal.removeEventListener('abort', onAbort);
        socket.destroy();
        resolve(answer);
      } catch (error) {
        fail(error);
      }
    });
  });
  if (signal.aborted) onAbort();
  else request.end(question.body);
  return promise;
}
