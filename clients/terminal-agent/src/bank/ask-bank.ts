/** Makes one HTTP request on an open connection and takes the answer as it is: no redirect is followed, no text is decoded. (A2, A3) */
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { Result } from '@enishi/contracts';
import { sha256 } from '@enishi/crypto';
import { BankFailure, nameFailure } from './bank-failure.js';
import { decodeBody } from './decode-body.js';

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
      'accept-encoding': 'identity',
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
  let response: IncomingMessage | undefined;
  const fail = (error: unknown) => {
    signal.removeEventListener('abort', onAbort);
    socket.destroy();
    reject(nameFailure(error, 'sent'));
  };
  const onAbort = () => fail(new BankFailure('BANK_TIMEOUT', 'no whole answer in time', 'sent'));
  signal.addEventListener('abort', onAbort);
  // What comes behind a whole answer is no part of it (RFC 9112 §6.3), and cannot spoil it.
  request.on('error', (error) => {
    if (!response?.complete) fail(error);
  });
  request.on('close', () => {
    if (!response?.complete) fail(new BankFailure('BANK_DOWN', 'the answer broke off', 'sent'));
  });
  request.on('response', (message) => {
    response = message;
    const chunks: Buffer[] = [];
    let bytes = 0;
    message.on('error', fail);
    message.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > question.maxBytes) return fail(new BankFailure('RESPONSE_TOO_LARGE', `more than ${question.maxBytes} bytes`, 'sent'));
      chunks.push(chunk);
    });
    // An answer that breaks off has no 'end' but an 'error'.
    message.on('end', () => {
      socket.destroy();
      answerOf(message, Buffer.concat(chunks), peer, question.maxBytes).then((answer) => {
        signal.removeEventListener('abort', onAbort);
        resolve(answer);
      }, fail);
    });
  });
  if (signal.aborted) onAbort();
  else request.end(question.body);
  return promise;
}

async function answerOf(message: IncomingMessage, body: Buffer, peer: Buffer | undefined, maxBytes: number): Promise<BankAnswer> {
  const { statusCode = 0 } = message;
  if (statusCode < 100 || statusCode > 599) throw new BankFailure('BANK_DOWN', 'a status that HTTP does not have', 'sent');
  return {
    status: statusCode,
    headers: passedHeaders(message),
    setCookie: message.headers['set-cookie'] ?? [],
    body: await decodeBody(body, message.headers['content-encoding'], maxBytes),
    peerCertificateHash: sha256(peer ?? ''),
  };
}
