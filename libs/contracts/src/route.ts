/** What an HTTP door is: one object per route; OpenAPI, the guard and the handler's types come from it. */
import { z } from 'zod';
import type { DeclaredErrors } from './message.js';
import type { ServiceName } from './names.js';

export interface RouteContract<
  P extends z.ZodType = z.ZodType,
  Q extends z.ZodType = z.ZodType,
  B extends z.ZodType = z.ZodType,
  O extends z.ZodType = z.ZodType,
> {
  readonly kind: 'route';
  readonly owner: ServiceName;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** OpenAPI form: `/v1/runs/{runId}` */
  readonly path: `/v1/${string}`;
  /** Unique per owner; names the operation in OpenAPI and the route in metrics. */
  readonly operationId: string;
  readonly summary: string;
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly output: O;
  /** `event-stream`: each server-sent event's data is one `output`. */
  readonly responds: 'json' | 'event-stream';
  readonly status: 200 | 201 | 202 | 204;
  /** OAuth scope that the internal JWT must hold. */
  readonly scope: string;
  readonly errors: DeclaredErrors;
}

const nothing = z.strictObject({});

/** Declares an HTTP route of `owner`. Unknown query or body keys are refused (strict objects). */
export function route<
  P extends z.ZodType = typeof nothing,
  Q extends z.ZodType = typeof nothing,
  B extends z.ZodType = z.ZodUndefined,
  O extends z.ZodType = z.ZodUndefined,
  E extends DeclaredErrors = Record<never, never>,
  R extends RouteContract['responds'] = 'json',
>(
  owner: ServiceName,
  method: RouteContract['method'],
  path: `/v1/${string}`,
  rest: {
    operationId: string;
    summary: string;
    scope: string;
    params?: P;
    query?: Q;
    body?: B;
    output?: O;
    errors?: E;
    responds?: R;
    status?: RouteContract['status'];
  },
): RouteContract<P, Q, B, O> & { readonly errors: E; readonly responds: R } {
  return {
    kind: 'route',
    owner,
    method,
    path,
    params: nothing as unknown as P,
    query: nothing as unknown as Q,
    body: z.undefined() as unknown as B,
    output: z.undefined() as unknown as O,
    errors: {} as E,
    responds: 'json' as R,
    status: 200,
    ...rest,
  };
}

/** What a handler of the route is given. */
export interface RouteInput<C> {
  params: C extends RouteContract<infer P, z.ZodType, z.ZodType, z.ZodType> ? z.infer<P> : never;
  query: C extends RouteContract<z.ZodType, infer Q, z.ZodType, z.ZodType> ? z.infer<Q> : never;
  body: C extends RouteContract<z.ZodType, z.ZodType, infer B, z.ZodType> ? z.infer<B> : never;
}
export type RouteOutput<C> = C extends RouteContract<z.ZodType, z.ZodType, z.ZodType, infer O> ? z.infer<O> : never;
