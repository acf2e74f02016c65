import type { RouteContract, RouteInput, RouteOutput } from '@enishi/contracts';
import { createParamDecorator, Delete, type ExecutionContext, Get, HttpCode, Post, Put, Res } from '@nestjs/common';
import { type Caller, callerOf } from './caller.js';
import { readInput } from './route-input.js';
import { serve } from './served-contract.js';

/** What a handler is given; for an event stream also where to go on and when to stop. */
export type ServedInput<C extends RouteContract> = RouteInput<C> &
  (C['responds'] extends 'event-stream'
    ? {
        /** `seq` of the last event that the client has seen (Last-Event-ID); null: from the beginning. */
        readonly lastEventId: number | null;
        /** Aborted when the client has gone or the service drains: the iterable must end then. */
        readonly signal: AbortSignal;
      }
    : unknown);

type Served<C extends RouteContract> = C['responds'] extends 'event-stream'
  ? AsyncIterable<RouteOutput<C>> | Promise<AsyncIterable<RouteOutput<C>>>
  : RouteOutput<C> | Promise<RouteOutput<C>>;

export type RouteHandler<C extends RouteContract> = (input: ServedInput<C>, caller: Caller) => Served<C>;

const METHODS = { GET: Get, POST: Post, PUT: Put, DELETE: Delete } as const;
const Input = createParamDecorator((contract: RouteContract, context: ExecutionContext) => readInput(contract, context));
const CallerOf = createParamDecorator((_: undefined, context: ExecutionContext) => callerOf(context.switchToHttp().getRequest()));

/**
 * Makes a controller's method the handler of a route. It is called with parsed input and an authorised caller; what it
 * returns is checked against the contract before it is sent. For an event stream it returns an async iterable.
 */
export function Serves<C extends RouteContract>(contract: C) {
  return <H extends RouteHandler<C>>(target: object, key: string | symbol, descriptor: TypedPropertyDescriptor<H>): void => {
    const handler = descriptor.value as object;
    serve(handler, contract);
    METHODS[contract.method](contract.path.replaceAll(/\{(\w+)\}/g, ':$1'))(target, key, descriptor);
    HttpCode(contract.status)(target, key, descriptor);
    Input(contract)(target, key, 0);
    CallerOf()(target, key, 1);
    // An injected reply tells Nest that this method answers itself.
    if (contract.responds === 'event-stream') Res()(target, key, 2);
  };
}
