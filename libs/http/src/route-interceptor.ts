import type { RouteContract } from '@enishi/contracts';
import { platformError } from '@enishi/errors';
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { from, lastValueFrom, type Observable } from 'rxjs';
import { callerOf } from './caller.js';
import type { EventStreams } from './event-stream.js';
import type { HttpLimits } from './limits.js';
import { checkOutput } from './output.js';
import { contractOf } from './served-contract.js';

/** Gives a handler its time, and its answer the form of the contract. */
export class RouteInterceptor implements NestInterceptor {
  constructor(
    private readonly limits: HttpLimits,
    private readonly streams: EventStreams,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const contract = contractOf(context.getHandler()) as RouteContract;
    if (contract.responds === 'json') return from(this.#handled(next).then((result) => checkOutput(contract, result)));
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    return from(this.streams.serve(request, reply, contract, callerOf(request), () => this.#handled(next)));
  }

  /** What the handler gives, if it gives it in time. What it does after that goes on; its answer is not waited for. */
  async #handled(next: CallHandler): Promise<unknown> {
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(platformError('timed_out', 'The answer did not come in time.')), this.limits.handlerMs);
      // A request that was cut off must not hold a process that has drained.
      timer.unref();
    });
    try {
      return await Promise.race([lastValueFrom(next.handle()), limit]);
    } finally {
      clearTimeout(timer);
    }
  }
}
