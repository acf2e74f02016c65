/** A bank that answers with whatever bytes a test gives it, over real TLS that demands a client certificate. */
import type { AddressInfo, Socket } from 'node:net';
import { createServer, type TlsOptions } from 'node:tls';
import { type Ca, createCa, issueCert, type KeyAndCert } from '@enishi/infra';

export class RawBank {
  private constructor(
    private readonly server: ReturnType<typeof createServer>,
    readonly serverCa: Ca,
    readonly user: KeyAndCert,
  ) {}

  /**
   * @param answer called once a connection, when the head of a request has come
   * @param own what the server shows in the place of a good certificate for localhost
   */
  static async start(answer: (socket: Socket) => void, own: TlsOptions = {}): Promise<RawBank> {
    const serverCa = await createCa({ commonName: 'Raw Bank Server CA' });
    const clientCa = await createCa({ commonName: 'Raw Bank Client CA' });
    const { keyPem: key, certPem: cert } = await issueCert(serverCa, { kind: 'server', commonName: 'localhost' });
    const server = createServer({ key, cert, ca: [clientCa.certPem], requestCert: true, ...own }, (socket) => {
      let head = '';
      socket.on('error', () => undefined);
      socket.on('data', (chunk: Buffer) => {
        const before = head.includes('\r\n\r\n');
        head += chunk.toString('latin1');
        if (!before && head.includes('\r\n\r\n')) answer(socket);
      });
    });
    server.on('tlsClientError', () => undefined);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new RawBank(server, serverCa, await issueCert(clientCa, { kind: 'client', commonName: 'user-1' }));
  }

  get url(): URL {
    return new URL(`https://localhost:${(this.server.address() as AddressInfo).port}/top`);
  }

  async stop(): Promise<void> {
    await new Promise((resolve) => this.server.close(resolve));
  }
}
