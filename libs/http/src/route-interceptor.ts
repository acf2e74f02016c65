import type { RouteContract } from '@enishi/contracts';
import { platformError } from '@enishi/errors';
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { from, lastValueFrom, map, type Observable, throwError, timeout } from 'rxjs';
import type { EventStreams } from './event-stream.js';
import { callerOf } from './guard.js';
import type { HttpLimits } from './limits.js';
import { checkOutput } from './output.js';
import { contractOf } from './serves.js';

/** Gives a handler its time, and its answer the form of the contract. */
export class RouteInterceptor implements NestInterceptor {
  constructor(
    private readonly limits: HttpLimits,
    private readonly streams: EventStreams,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const contract = contractOf(context.getHandler()) as RouteContract;
    const handled = next.handle().pipe(
      timeout({
        first: this.limits.handlerMs,
        with: () => throwError(() => platformError('timed_out', 'The answer did not come in time.')),
      }),
    );
    if (contract.responds === 'json') return handled.pipe(map((result) => checkOutput(contract, result)));
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    return from(this.streams.serve(request, reply, contract, callerOf(request), () => lastValueFrom(handled)));
  }
}
