/** A bank for tests: real TLS that demands a client certificate. What it was asked is kept; what it answers, a test says. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type Ca, createCa, issueCert, type KeyAndCert } from '@enishi/infra';
import { CLIENT_CA_NAME } from './platform.js';

export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** Common name of the client certificate. */
  readonly client: string;
}
type Answer = (asked: Asked, response: ServerResponse, index: number) => void;

export class TestBank {
  readonly asked: Asked[] = [];
  /** TLS connections, whether anything was asked on them or not. */
  connections = 0;
  answer: Answer = (_asked, response) => response.end('<h1>ok</h1>');
  private watchers: { count: number; resolve: () => void }[] = [];

  private constructor(
    private readonly server: Server,
    readonly serverCa: Ca,
    readonly clientCa: Ca,
  ) {}

  static async start(): Promise<TestBank> {
    const serverCa = await createCa({ commonName: 'Test Bank Server CA' });
    const clientCa = await createCa({ commonName: CLIENT_CA_NAME });
    const own = await issueCert(serverCa, { kind: 'server', commonName: 'localhost' });
    const server = createServer({
      key: own.keyPem,
      cert: own.certPem,
      ca: [clientCa.certPem],
      requestCert: true,
      rejectUnauthorized: true,
    });
    const bank = new TestBank(server, serverCa, clientCa);
    server.on('connection', () => {
      bank.connections += 1;
    });
    server.on('request', (request, response) => bank.serve(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return bank;
  }

  get origin(): string {
    return `https://localhost:${(this.server.address() as AddressInfo).port}`;
  }

  userCertificate(commonName = 'user-1', validForSeconds?: number): Promise<KeyAndCert> {
    return issueCert(this.clientCa, { kind: 'client', commonName, validForSeconds });
  }

  private serve(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const peer = (request.socket as import('node:tls').TLSSocket).getPeerCertificate();
      const asked: Asked = {
        method: request.method ?? '',
        url: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString('latin1'),
        client: String(peer.subject?.CN ?? ''),
      };
      this.asked.push(asked);
      this.answer(asked, response, this.asked.length);
      for (const watcher of this.watchers) if (this.asked.length >= watcher.count) watcher.resolve();
    });
  }

  /** Resolves when the bank has been asked this many times. */
  whenAsked(count: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.asked.length >= count) resolve();
      else this.watchers.push({ count, resolve });
    });
  }

  hangUp(): void {
    this.server.closeAllConnections();
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
