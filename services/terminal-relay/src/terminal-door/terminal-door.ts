/** The door of the terminals: WebSocket over TLS, so many a second, so many at once; drained when the process ends. (A7) */
import { randomBytes } from 'node:crypto';
import { createServer as createPlainServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { MAX_FRAME_BYTES, TERMINAL_PATH, TERMINAL_SUBPROTOCOL } from '@enishi/contracts';
import { followTls, readTls } from '@enishi/http';
import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { type WebSocket, WebSocketServer } from 'ws';
import { CONFIG, type Config } from '../config.js';
import { events, logAt } from '../events.js';
import { AcceptRate } from './accept-rate.js';
import { Attendant } from './attendant.js';

const TLS_LOOK_MS = 5_000;
const UPGRADE_WITHIN_MS = 10_000;
/** Drained terminals come back elsewhere: RFC 6455 registry, "service restart". */
const SERVICE_RESTART = 1012;

@Injectable()
export class TerminalDoor implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly server: Server | TlsServer;
  private readonly webSockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_FRAME_BYTES,
    perMessageDeflate: false,
    handleProtocols: () => TERMINAL_SUBPROTOCOL,
  });
  private readonly rate: AcceptRate;
  private stopTls: () => void = () => undefined;
  private draining = false;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(Attendant) private readonly attendant: Attendant,
  ) {
    this.rate = new AcceptRate(config.ACCEPTS_PER_SECOND);
    const notFound = (_: IncomingMessage, response: { writeHead(status: number): { end(): void } }) => response.writeHead(426).end();
    const { HTTP_TLS_CERT_FILE: certFile, HTTP_TLS_KEY_FILE: keyFile } = config;
    if (config.RELAY_TLS === 'own' && certFile !== undefined && keyFile !== undefined) {
      const server = createTlsServer({ ...readTls({ certFile, keyFile }), minVersion: 'TLSv1.2' }, notFound);
      this.stopTls = followTls(server, { certFile, keyFile }, TLS_LOOK_MS, logAt(config.LOG_LEVEL));
      this.server = server;
    } else {
      this.server = createPlainServer(notFound);
    }
    this.server.headersTimeout = UPGRADE_WITHIN_MS;
    this.server.on('upgrade', (request, socket, head) => this.upgrade(request, socket, head));
  }

  async onApplicationBootstrap(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(this.config.RELAY_PORT, this.config.RELAY_HOST, resolve);
    });
    events.listening(this.port);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  private upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // A peer that goes away while it is told no is not our fault.
    socket.on('error', () => undefined);
    const url = new URL(request.url ?? '/', 'https://relay.invalid');
    if (url.pathname !== TERMINAL_PATH) return turnAway(socket, 'path', '404 Not Found');
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
    if (!offered.includes(TERMINAL_SUBPROTOCOL)) return turnAway(socket, 'protocol', '400 Bad Request');
    if (this.draining) return turnAway(socket, 'draining', '503 Service Unavailable', 1);
    if (this.webSockets.clients.size >= this.config.TERMINALS_MAX) return turnAway(socket, 'full', '503 Service Unavailable', 30);
    const wait = this.rate.take(performance.now());
    if (wait > 0) return turnAway(socket, 'rate', '429 Too Many Requests', wait);
    this.webSockets.handleUpgrade(request, socket, head, (webSocket: WebSocket) => {
      this.attendant.receive(webSocket, randomBytes(32).toString('base64url'));
    });
  }

  /** Before the bus is drained: terminals attach elsewhere while what they sent is still carried. */
  async beforeApplicationShutdown(): Promise<void> {
    this.draining = true;
    this.stopTls();
    this.server.close();
    await this.attendant.drain(SERVICE_RESTART);
    for (const socket of this.webSockets.clients) socket.terminate();
    this.webSockets.close();
  }
}

function turnAway(socket: Duplex, reason: Parameters<typeof events.turnedAway>[0], status: string, retryAfterSeconds?: number): void {
  events.turnedAway(reason);
  const retryAfter = retryAfterSeconds === undefined ? '' : `Retry-After: ${retryAfterSeconds}\r\n`;
  socket.end(`HTTP/1.1 ${status}\r\n${retryAfter}Connection: close\r\nContent-Length: 0\r\n\r\n`);
}
