import type { Logger } from '@enishi/telemetry';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import { Catch } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { mapError } from './map-error.js';
import { failWith, routeOf } from './observe.js';
import { headersOf, PROBLEM_CONTENT_TYPE, problemOf } from './problem.js';

/** Turns whatever is thrown into problem+json. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly log: Logger) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const contract = routeOf(request);
    const error = mapError(thrown, contract);
    failWith(request, error);
    // Only a fault of ours is logged with its cause: that of a refusal may hold what the caller sent.
    if (error.kind === 'broken') this.log.error({ err: error, operation: contract?.operationId }, 'a request broke');
    else if (error.kind === 'busy') this.log.warn({ err: error, operation: contract?.operationId }, 'a request could not be served now');
    if (reply.sent || reply.raw.headersSent) return;
    const problem = problemOf(error);
    const headers = headersOf(error, contract?.scope);
    // RFC 6750 §3.1: who sent no token is told no error of it.
    if (problem.status === 401 && request.headers.authorization === undefined) headers['www-authenticate'] = 'Bearer';
    void reply.status(problem.status).headers(headers).type(PROBLEM_CONTENT_TYPE).send(JSON.stringify(problem));
  }
}
