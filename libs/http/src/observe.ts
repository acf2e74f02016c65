/** What is seen of each request: one server span, the RED histogram by operation, one log line. */
import type { RouteContract } from '@enishi/contracts';
import type { AppError } from '@enishi/errors';
import { histogram, type Logger, type OpenSpan, openSpan } from '@enishi/telemetry';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

const durations = histogram({
  name: 'enishi_http_request_duration_seconds',
  help: 'Time from the head of a request to the end of its answer; streams to their end',
  labels: ['operation', 'status'],
  buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
});

interface ObservedRequest {
  readonly open: OpenSpan;
  readonly startedAt: number;
  readonly contract: RouteContract | undefined;
  failedWith?: AppError;
}
const observed = new WeakMap<FastifyRequest, ObservedRequest>();

/** The contract of the route that the request came to; undefined when it came to none. */
export function routeOf(request: FastifyRequest): RouteContract | undefined {
  return observed.get(request)?.contract;
}

/** Notes what the request failed with. */
export function failWith(request: FastifyRequest, error: AppError): void {
  const current = observed.get(request);
  if (current !== undefined) current.failedWith = error;
}

/** Counts requests under way, so that a drain can wait for them. */
export class Traffic {
  #underWay = 0;
  #waiting: (() => void)[] = [];

  enter(): void {
    this.#underWay += 1;
  }

  leave(): void {
    this.#underWay -= 1;
    if (this.#underWay > 0) return;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Resolves when no request is under way. */
  async quiet(): Promise<void> {
    if (this.#underWay > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}

/** Watches every request of `server` but those to `unseen` paths (probes would drown the rest). */
export function observe(
  server: FastifyInstance,
  { routes, unseen, traffic, log }: { routes: readonly RouteContract[]; unseen: ReadonlySet<string>; traffic: Traffic; log: Logger },
): void {
  const byRoute = new Map(routes.map((route) => [`${route.method} ${fastifyPath(route)}`, route]));

  server.addHook('onRequest', (request, reply, done) => {
    void reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    const url = request.routeOptions.url;
    if (url !== undefined && unseen.has(url)) return done();
    const contract = byRoute.get(`${request.method} ${url}`);
    const parent = request.headers['traceparent'];
    const open = openSpan(contract === undefined ? request.method : `${request.method} ${contract.path}`, {
      kind: 'server',
      parent: typeof parent === 'string' ? parent : undefined,
      attributes: { 'http.request.method': request.method, 'http.route': contract?.path, 'enishi.operation': contract?.operationId },
    });
    const current: ObservedRequest = { open, startedAt: performance.now(), contract };
    observed.set(request, current);
    traffic.enter();
    // `close` comes after every end: answered, given up by the client, or cut.
    reply.raw.once('close', () => {
      traffic.leave();
      finish(current, request, reply, log);
    });
    open.run(done);
  });
  // A body arrives by events of the socket, outside of the span: it is entered again for guard and handler.
  server.addHook('preHandler', (request, _reply, done) => {
    const current = observed.get(request);
    if (current === undefined) done();
    else current.open.run(done);
  });
}

/** `/v1/runs/{runId}` as Fastify writes it: `/v1/runs/:runId`. */
export function fastifyPath(route: { readonly path: string }): string {
  return route.path.replaceAll(/\{(\w+)\}/g, ':$1');
}

function finish(
  { open, startedAt, contract, failedWith }: ObservedRequest,
  request: FastifyRequest,
  reply: FastifyReply,
  log: Logger,
): void {
  const seconds = (performance.now() - startedAt) / 1_000;
  const operation = contract?.operationId ?? 'none';
  // 499: the client went away before the answer (no standard status; the number that proxies use).
  const status = reply.raw.headersSent ? reply.raw.statusCode : 499;
  open.run(() => {
    durations.observe({ operation, status: String(status) }, seconds);
    const fields = {
      operation,
      method: request.method,
      status,
      ms: Math.round(seconds * 1_000),
      code: failedWith?.code,
      place: failedWith?.place,
    };
    if (status >= 400) log.info(fields, 'request refused');
    else log.debug(fields, 'request served');
  });
  open.span.setAttribute('http.response.status_code', status);
  open.end(failedWith);
}
