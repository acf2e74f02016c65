/** The terminals' door: WSS only (A7). Decides at the upgrade who may open a link; what is said on it is serve-terminal's. */
import type { IncomingMessage } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { MAX_FRAME_BYTES, TERMINAL_PATH, TERMINAL_SUBPROTOCOL } from '@enishi/contracts';
import { followTls, tlsOf } from '@enishi/http';
import { CONFIG } from '@enishi/service';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { WebSocketServer } from 'ws';
import type { Config } from '../config.js';
import { events } from '../events.js';
import { ServeTerminal } from '../serve-terminal/serve-terminal.js';
import { TokenBucket } from './token-bucket.js';

const TLS_LOOK_MS = 5_000;
/** Time of a client to finish TLS, and then its request. */
const TLS_HANDSHAKE_MS = 5_000;
/** Connections that may be on their way to becoming a link: so many seconds of the accept rate. */
const SECONDS_OF_ARRIVALS = 10;
const FULL_RETRY_SECONDS = 10;
const DRAIN_RETRY_SECONDS = 1;

type Refusal = {
  status: '400 Bad Request' | '404 Not Found' | '429 Too Many Requests' | '503 Service Unavailable';
  retryAfter?: number;
  why: string;
};

@Injectable()
export class AcceptTerminals implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_FRAME_BYTES,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(TERMINAL_SUBPROTOCOL) ? TERMINAL_SUBPROTOCOL : false),
  });
  private readonly rate: TokenBucket;
  private server: Server | undefined;
  private stopTls: () => void = () => undefined;
  private draining = false;
  private drained: Promise<void> | undefined;

  constructor(
    private readonly terminals: ServeTerminal,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.rate = new TokenBucket(config.ACCEPT_PER_SECOND, config.ACCEPT_PER_SECOND, performance.now());
  }

  /** Port that terminals come to. */
  get port(): number {
    return (this.server?.address() as AddressInfo | null)?.port ?? 0;
  }

  async onApplicationBootstrap(): Promise<void> {
    // The configuration insists on both.
    const files = { certFile: this.config.HTTP_TLS_CERT_FILE ?? '', keyFile: this.config.HTTP_TLS_KEY_FILE ?? '' };
    const server = createServer({
      ...tlsOf(files),
      handshakeTimeout: TLS_HANDSHAKE_MS,
      requestTimeout: TLS_HANDSHAKE_MS,
      connectionsCheckingInterval: 1_000,
    });
    this.server = server;
    // Those that have connected and not yet asked count too.
    server.maxConnections = this.config.LINKS_AT_ONCE + SECONDS_OF_ARRIVALS * this.config.ACCEPT_PER_SECOND;
    server.on('request', (_request, response) => {
      response.writeHead(426, { upgrade: 'websocket', connection: 'close', 'content-length': '0' }).end();
    });
    server.on('upgrade', (request, socket, head) => this.onUpgrade(request, socket, head));
    server.on('tlsClientError', () => events.upgradeAnswered('tls_failed'));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.config.RELAY_PORT, this.config.RELAY_HOST, resolve);
    });
    // A renewed certificate is taken up without a restart; links that are open stay.
    this.stopTls = followTls(server, files, { door: 'terminal', everyMs: TLS_LOOK_MS, log: events.log() });
    events.listening(this.port);
  }

  /** Takes no more links and closes those there are, with a code that tells terminals to come again elsewhere. */
  drain(): Promise<void> {
    this.drained ??= this.close();
    return this.drained;
  }

  onModuleDestroy(): Promise<void> {
    return this.drain();
  }

  private async close(): Promise<void> {
    this.draining = true;
    this.stopTls();
    this.server?.close();
    await this.terminals.drain();
    this.server?.closeAllConnections();
  }

  private onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // Without a listener, an error of a socket that we have already answered would end the process.
    socket.on('error', () => socket.destroy());
    const refusal = this.refusalOf(request);
    if (refusal !== undefined) {
      events.upgradeAnswered(refusal.why);
      const retry = refusal.retryAfter === undefined ? '' : `Retry-After: ${refusal.retryAfter}\r\n`;
      socket.end(`HTTP/1.1 ${refusal.status}\r\n${retry}Connection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    events.upgradeAnswered('accepted');
    this.sockets.handleUpgrade(request, socket, head, (link) => this.terminals.serve(link, socket));
  }

  private refusalOf(request: IncomingMessage): Refusal | undefined {
    if (this.draining) return { status: '503 Service Unavailable', retryAfter: DRAIN_RETRY_SECONDS, why: 'draining' };
    if (request.url !== TERMINAL_PATH) return { status: '404 Not Found', why: 'path_unknown' };
    const offered = request.headers['sec-websocket-protocol']?.split(',').map((name) => name.trim()) ?? [];
    if (!offered.includes(TERMINAL_SUBPROTOCOL)) return { status: '400 Bad Request', why: 'subprotocol_missing' };
    if (this.terminals.count >= this.config.LINKS_AT_ONCE)
      return { status: '503 Service Unavailable', retryAfter: FULL_RETRY_SECONDS, why: 'full' };
    const retryAfter = this.rate.take(performance.now());
    return retryAfter === null ? undefined : { status: '429 Too Many Requests', retryAfter, why: 'too_many' };
  }
}
