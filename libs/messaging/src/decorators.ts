/** A controller's method takes a message: the contract gives the subject and the types, Nest does the rest. */
import 'reflect-metadata';
import type { EventContract, In, Out, Payload as PayloadOf, RequestContract } from '@enishi/contracts';
import { type ArgumentsHost, Catch, type ExceptionFilter, UseFilters } from '@nestjs/common';
import { Ctx, EventPattern, MessagePattern, Payload } from '@nestjs/microservices';
import { type Observable, throwError } from 'rxjs';

/** Hands an error on as it is: Nest's own filter makes "Internal server error" of all but its own exceptions. */
@Catch()
class AsThrown implements ExceptionFilter {
  catch(thrown: unknown, _host: ArgumentsHost): Observable<never> {
    return throwError(() => thrown);
  }
}

/**
 * The method answers this request. It is given the parsed input and returns the output, which is parsed too.
 * It fails by `throw failure(contract, reason, …)`: the caller gets the same code. Not for addressed requests:
 * those are answered by `Bus.answerAddressed`, for only the replica knows its addresses.
 */
export function Answers<C extends RequestContract>(contract: C) {
  if (contract.addressedBy !== undefined) throw new TypeError(`${contract.subject} is addressed: use Bus.answerAddressed`);
  return <T extends (input: In<C>) => Out<C> | Promise<Out<C>>>(
    target: object,
    key: string | symbol,
    descriptor: TypedPropertyDescriptor<T>,
  ): void => {
    Payload()(target, key, 0);
    MessagePattern(contract.subject)(target, key, descriptor);
    UseFilters(AsThrown)(target, key, descriptor);
  };
}

/**
 * The method hears this event, once in effect: it runs inside the transaction that also writes the inbox row.
 * What it does through `tx` is done with the event or not at all; it must do nothing that outlives a rollback.
 */
export function Hears<C extends EventContract>(contract: C) {
  // oxlint-disable-next-line typescript/no-explicit-any -- the transaction is of the service's own generated client
  return <T extends (payload: PayloadOf<C>, tx: any) => void | Promise<void>>(
    target: object,
    key: string | symbol,
    descriptor: TypedPropertyDescriptor<T>,
  ): void => {
    Payload()(target, key, 0);
    Ctx()(target, key, 1);
    EventPattern(contract.subject)(target, key, descriptor as never);
    UseFilters(AsThrown)(target, key, descriptor);
  };
}
