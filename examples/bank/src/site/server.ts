/** The bank on the wire: TLS that wants the bank's own client certificate, and the routes of the site. */

import type { RequestListener } from 'node:http';
import { createServer, type Server } from 'node:https';
import { setTimeout as wait } from 'node:timers/promises';
import type { TLSSocket } from 'node:tls';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Counters } from '../admin/counters.js';
import type { PageName, Scenario } from '../admin/scenario.js';
import { type Answer, SESSION_COOKIE } from './answer.js';
import type { PemPair } from './authority.js';
import { readCookie, readForm } from './form.js';
import type { InternetBanking, Visit } from './internet-banking.js';

const BODY_LIMIT_BYTES = 8_192;

export interface SiteOptions {
  readonly banking: InternetBanking;
  readonly server: PemPair;
  readonly clientCaPem: string;
  readonly counters: Counters;
  readonly scenario: () => Scenario;
}

export interface Site {
  /** 0 takes a free port; the port that was taken is returned. */
  listen(port: number): Promise<number>;
  close(): Promise<void>;
}

export function createSite(options: SiteOptions): Site {
  const closing = new AbortController();
  let handler: RequestListener | undefined;
  const newServer = (listener: RequestListener): Server => {
    handler = listener;
    return tlsServer(options, listener);
  };
  const app = Fastify({ serverFactory: newServer, forceCloseConnections: true, bodyLimit: BODY_LIMIT_BYTES, exposeHeadRoutes: false });
  addRoutes(app, options, closing.signal);
  const alsoV6: Server[] = [];
  return {
    async listen(port) {
      await app.listen({ host: '127.0.0.1', port });
      const taken = (app.server.address() as { port: number }).port;
      if (handler) alsoV6.push(...(await listenOnV6(tlsServer(options, handler), taken)));
      return taken;
    },
    async close() {
      closing.abort();
      for (const server of alsoV6) {
        server.close();
        server.closeAllConnections();
      }
      await app.close();
    },
  };
}

function tlsServer({ server, clientCaPem, counters }: SiteOptions, listener: RequestListener): Server {
  return createServer(
    {
      key: server.key,
      cert: server.certificate,
      ca: clientCaPem,
      requestCert: true,
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2',
    },
    listener,
  ).on('tlsClientError', (error: Error & { code?: string }, socket: TLSSocket) => {
    if (error.code === 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE') counters.refused('no_certificate');
    else counters.refused(socket.authorizationError ? 'certificate' : 'fault');
  });
}

/** `localhost` may mean ::1 first. A machine without it is served on 127.0.0.1 alone. */
function listenOnV6(server: Server, port: number): Promise<Server[]> {
  return new Promise((resolve) => {
    server.once('error', () => resolve([]));
    server.listen({ host: '::1', port, ipv6Only: true }, () => resolve([server]));
  });
}

function addRoutes(app: FastifyInstance, options: SiteOptions, closing: AbortSignal): void {
  const { banking, counters, scenario } = options;
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

  const serve = (method: 'GET' | 'POST', url: string, page: PageName | null, answer: (visit: Visit) => Answer): void => {
    app.route({
      method,
      url,
      handler: async (request, reply) => {
        counters.requested(`${method} ${url}`);
        const { maintenance, slowMs, slowOn, cutOn } = scenario();
        if (slowMs > 0 && page !== null && (slowOn === 'all' || slowOn === page)) {
          await wait(slowMs, undefined, { signal: closing, ref: false }).catch(() => undefined);
        }
        const given = maintenance ? banking.maintenance() : answer(visitOf(request));
        return page !== null && cutOn === page ? cut(reply, given) : send(reply, given);
      },
    });
  };
  app.setNotFoundHandler((_request, reply) => send(reply, banking.notServed(404)));
  // Too large a form, a type that no browser sends, a fault of the bank: a page like any other, and no detail.
  app.setErrorHandler((error: { statusCode?: number }, _request, reply) => send(reply, banking.notServed(error.statusCode ?? 500)));
  serve('GET', '/', null, () => banking.top());
  serve('GET', '/ib/login', 'login', (visit) => banking.loginForm(visit));
  serve('POST', '/ib/login', 'submit', (visit) => banking.logIn(visit));
  serve('GET', '/ib/accounts', 'accounts', (visit) => banking.accounts(visit));
  serve('POST', '/ib/notice', null, (visit) => banking.acknowledge(visit));
  serve('GET', '/ib/history', 'history', (visit) => banking.history(visit));
  serve('GET', '/ib/download', 'download', (visit) => banking.download(visit));
  serve('GET', '/ib/logout', null, (visit) => banking.logOut(visit));
}

function visitOf(request: FastifyRequest): Visit {
  const query: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.query as Record<string, unknown>)) if (typeof value === 'string') query[name] = value;
  return {
    // TLS has verified it: rejectUnauthorized lets nobody through without.
    serial: (request.raw.socket as TLSSocket).getPeerCertificate().serialNumber.toUpperCase(),
    cookie: readCookie(request.headers.cookie, SESSION_COOKIE),
    query,
    form: Buffer.isBuffer(request.body) ? readForm(request.body) : new Map(),
  };
}

function send(reply: FastifyReply, { status, headers, body }: Answer): FastifyReply {
  return reply
    .code(status)
    .headers({ 'cache-control': 'no-store', pragma: 'no-cache', ...headers })
    .send(body);
}

/** Promises the whole body, sends half of it and hangs up. */
function cut(reply: FastifyReply, { status, headers, body }: Answer): FastifyReply {
  reply.hijack();
  reply.raw.writeHead(status, { ...headers, 'content-length': Math.max(2, body.length) });
  reply.raw.write(body.subarray(0, Math.floor(body.length / 2)), () => reply.raw.destroy());
  return reply;
}
