import { type Server, STATUS_CODES } from 'node:http';
import type { Server as SecureServer } from 'node:https';
import type { Socket } from 'node:net';
import { type AppError, platformError } from '@enishi/errors';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { HttpLimits } from './limits.js';
import { mapError } from './map-error.js';
import { PROBLEM_CONTENT_TYPE, problemOf } from './problem.js';
import { type TlsFiles, tlsOf } from './tls.js';

/** A Fastify server with our limits, over TLS when there are files for it. */
export function createServer(limits: HttpLimits, tls: TlsFiles | undefined): FastifyAdapter {
  const serverOptions = {
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.keepAliveMs,
    connectionsCheckingInterval: Math.min(limits.headersMs, 5_000),
  };
  return new FastifyAdapter({
    ...(tls === undefined ? { http: serverOptions } : { https: { ...serverOptions, ...tlsOf(tls) } }),
    bodyLimit: limits.bodyBytes,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.keepAliveMs,
    routerOptions: { maxParamLength: limits.pathParameterChars },
    exposeHeadRoutes: false,
    // Requests on open connections are still served while the process drains; each is told to close its connection.
    return503OnClosing: false,
    skipMiddie: true,
    clientErrorHandler: refuseConnection,
    frameworkErrors: refuseUnrouted,
  });
}

/** The node server under the adapter. */
export function httpServerOf(adapter: FastifyAdapter): Server & SecureServer {
  return adapter.getHttpServer() as unknown as Server & SecureServer;
}

/** What cannot be read as HTTP at all: there is no request to answer, so the answer is written by hand. */
function refuseConnection(fault: Error & { code?: string }, socket: Socket): void {
  if (fault.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [error, status] = faultOf(fault.code);
  const body = JSON.stringify(problemOf(error, status));
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: ${PROBLEM_CONTENT_TYPE}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}

function faultOf(code: string | undefined): [AppError, number] {
  if (code === 'HPE_HEADER_OVERFLOW')
    return [platformError('too_large', 'The headers are larger than this door takes.', { place: 'header' }), 431];
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return [platformError('timed_out', 'The request did not come in time.', { place: 'request' }), 408];
  return [platformError('input_not_valid', 'request: is not HTTP', { place: 'request' }), 400];
}

/** What the router refuses before any hook: a path that cannot be decoded, or with a part that is too long. */
function refuseUnrouted(fault: FastifyError, _request: FastifyRequest, reply: FastifyReply): void {
  const problem = problemOf(mapError(fault, undefined));
  void reply.status(problem.status).type(PROBLEM_CONTENT_TYPE).send(JSON.stringify(problem));
}
