import { ROUTES, type RouteContract, type ServiceName } from '@enishi/contracts';
import { createLogger, FLUSH_LIMIT_MS, flushTelemetry, type Logger, type LogLevel } from '@enishi/telemetry';
import type { DynamicModule, INestApplication, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { CustomTransportStrategy } from '@nestjs/microservices';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import { EventStreams } from './event-stream.js';
import { createServer, httpServerOf } from './fastify-server.js';
import { InternalTokenGuard } from './guard.js';
import { InternalTokens } from './internal-token.js';
import { takeOnlyJson } from './json-body.js';
import { HTTP_LIMITS, type HttpLimits } from './limits.js';
import { nestLogger } from './nest-logger.js';
import { fastifyPath, observe, Traffic } from './observe.js';
import { takeOnlyPlain } from './plain-request.js';
import { addProbes, PROBE_PATHS } from './probes.js';
import { ProblemFilter } from './problem-filter.js';
import { READINESS, type ReadinessCheck } from './readiness.js';
import { RouteInterceptor } from './route-interceptor.js';
import { followTls, type TlsFiles } from './tls.js';

/** The part of a service's configuration that the HTTP door uses; `serviceFields` of @enishi/config has it. */
export interface HttpConfig {
  readonly HTTP_HOST: string;
  readonly HTTP_PORT: number;
  readonly HTTP_TLS_CERT_FILE?: string | undefined;
  readonly HTTP_TLS_KEY_FILE?: string | undefined;
  readonly INTERNAL_JWKS_FILE: string;
  readonly INTERNAL_ISSUER: string;
  readonly INTERNAL_TOKEN_MAX_SECONDS: number;
  readonly LOG_LEVEL: LogLevel;
}

export interface StartOptions {
  readonly service: ServiceName;
  readonly module: Type | DynamicModule;
  readonly config: HttpConfig;
  /** Messages come in through this; a function is given the application, to take parts from its container. */
  readonly strategy?: CustomTransportStrategy | ((app: INestApplication) => CustomTransportStrategy);
  /** Checks beside those that the module provides under READINESS. */
  readonly readiness?: readonly ReadinessCheck[];
  /** Routes that must be served; those of the contracts with this owner unless told otherwise. */
  readonly routes?: readonly RouteContract[];
  /** false in tests: SIGTERM and SIGINT are left alone. */
  readonly signals?: boolean;
  readonly log?: Logger;
  /** Smaller limits, for tests that reach them. */
  readonly limits?: Partial<HttpLimits>;
}

export interface RunningService {
  readonly app: INestApplication;
  /** `https://127.0.0.1:41234` */
  readonly url: string;
  readonly port: number;
  /** Drains and closes, in 8 s at most. Called again, it waits for the same end. */
  stop(): Promise<void>;
}

/** Starts a service: its parts, its messages, then its HTTP door. SIGTERM ends it in 10 s at most. */
export async function start(options: StartOptions): Promise<RunningService> {
  const { service, config, routes = ROUTES.filter(({ owner }) => owner === service) } = options;
  const limits: HttpLimits = { ...HTTP_LIMITS, ...options.limits };
  const log = options.log ?? createLogger(service, config.LOG_LEVEL);
  const tls = tlsFilesOf(config);
  const tokens = new InternalTokens(
    {
      service,
      jwksFile: config.INTERNAL_JWKS_FILE,
      issuer: config.INTERNAL_ISSUER,
      maxSeconds: config.INTERNAL_TOKEN_MAX_SECONDS,
    },
    log,
  );
  const traffic = new Traffic();
  const streams = new EventStreams(limits, log);
  const adapter = createServer(limits, tls);
  let draining = false;
  let checks: readonly ReadinessCheck[] = [];

  const app = await NestFactory.create(options.module, adapter, { logger: nestLogger(log), abortOnError: false, bodyParser: false });
  const stopper = new Stopper(app, adapter, { limits, log, traffic });
  try {
    const server = adapter.getInstance();
    takeOnlyJson(server);
    takeOnlyPlain(server);
    observe(server, { routes, unseen: PROBE_PATHS, traffic, log });
    const served = servedRoutes(adapter);
    addProbes(server, { service, checks: () => checks, draining: () => draining, limits, log });
    app.useGlobalGuards(new InternalTokenGuard(tokens));
    app.useGlobalInterceptors(new RouteInterceptor(limits, streams));
    app.useGlobalFilters(new ProblemFilter(log));

    if (options.strategy !== undefined) stopper.strategy = connect(app, options.strategy);
    await app.init();
    requireServed(routes, served);
    checks = [...(options.readiness ?? []), ...providedChecks(app)];
    await app.startAllMicroservices();
    await app.listen(config.HTTP_PORT, config.HTTP_HOST);
    if (tls !== undefined) stopper.stopTls = followTls(httpServerOf(adapter), tls, { door: 'http', everyMs: limits.tlsLookMs, log });
  } catch (error) {
    // What has been opened so far would keep the process alive without serving anyone.
    await stopper.stop().catch(() => undefined);
    throw error;
  }

  const stop = () => {
    draining = true;
    streams.drain();
    return stopper.stop();
  };
  if (options.signals ?? true) {
    endOnSignal(stop, log);
    endOnFault(log);
  }
  const { port } = httpServerOf(adapter).address() as { port: number };
  const host = ['0.0.0.0', '::'].includes(config.HTTP_HOST) ? 'localhost' : config.HTTP_HOST;
  const url = `${tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
  log.info({ url, ms: Math.round(process.uptime() * 1_000) }, 'started');
  return { app, url, port, stop };
}

function tlsFilesOf({ HTTP_TLS_CERT_FILE: certFile, HTTP_TLS_KEY_FILE: keyFile }: HttpConfig): TlsFiles | undefined {
  if (certFile === undefined && keyFile === undefined) return undefined;
  // Never fall back to plain HTTP because half of the pair is missing.
  if (certFile === undefined || keyFile === undefined) throw new TypeError('TLS needs both HTTP_TLS_CERT_FILE and HTTP_TLS_KEY_FILE');
  return { certFile, keyFile };
}

function connect(app: INestApplication, given: NonNullable<StartOptions['strategy']>): CustomTransportStrategy {
  const strategy = typeof given === 'function' ? given(app) : given;
  // It is closed before the parts that its handlers use, and Nest closes it once more: the second must find it closed.
  const close = strategy.close.bind(strategy);
  let closed: Promise<void> | undefined;
  strategy.close = () => {
    closed ??= Promise.resolve(close());
    return closed;
  };
  app.connectMicroservice({ strategy });
  return strategy;
}

function providedChecks(app: INestApplication): readonly ReadinessCheck[] {
  try {
    return app.get<readonly ReadinessCheck[]>(READINESS, { strict: false });
  } catch {
    // Nest knows no question "is there one": asking for what no module provides throws.
    return [];
  }
}

function servedRoutes(adapter: FastifyAdapter): ReadonlySet<string> {
  const served = new Set<string>();
  adapter.getInstance().addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) served.add(`${one} ${url}`);
  });
  return served;
}

function requireServed(routes: readonly RouteContract[], served: ReadonlySet<string>): void {
  const missing = routes.filter((route) => !served.has(`${route.method} ${fastifyPath(route)}`)).map(({ operationId }) => operationId);
  if (missing.length > 0) throw new Error(`no controller serves: ${missing.join(', ')}`);
}

function endOnSignal(stop: () => Promise<void>, log: Logger): void {
  let asked = false;
  const end = (signal: NodeJS.Signals) => {
    // Asked twice, it ends at once: whoever waits at a terminal means it.
    if (asked) process.exit(1);
    asked = true;
    log.info({ signal }, 'stopping');
    void stop()
      .then(
        () => 0,
        (err: unknown) => {
          log.error({ err }, 'stopped with a fault');
          return 1;
        },
      )
      .then(async (code) => {
        await flushTelemetry(FLUSH_LIMIT_MS);
        process.exit(code);
      });
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
}

/**
 * What nobody caught leaves the process in a state that nobody knows: it ends, and whoever watches it starts another. Told
 * through the log, so that its text is redacted like any other.
 */
function endOnFault(log: Logger): void {
  process.once('uncaughtException', (err) => {
    log.error({ err }, 'a fault that nobody caught');
    void flushTelemetry(FLUSH_LIMIT_MS).then(() => process.exit(1));
  });
}

/** Ends a service in order: doors first, then messages, then the parts that both use. */
class Stopper {
  strategy: CustomTransportStrategy | undefined;
  stopTls: () => void = () => undefined;
  #stopped: Promise<void> | undefined;

  constructor(
    private readonly app: INestApplication,
    private readonly adapter: FastifyAdapter,
    private readonly parts: { limits: HttpLimits; log: Logger; traffic: Traffic },
  ) {}

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    const { limits, log, traffic } = this.parts;
    this.stopTls();
    const server = httpServerOf(this.adapter);
    if (server.listening) {
      server.close();
      server.closeIdleConnections();
    }
    // Messages stop coming in at once; the bus itself stays open, for what is under way may still have to ask others.
    const messages = Promise.resolve(this.strategy?.close()).catch((err: unknown) => log.error({ err }, 'messages did not close'));
    if (!(await endsWithin(limits.drainMs, Promise.all([traffic.quiet(), messages]))))
      log.warn({ ms: limits.drainMs }, 'some work did not end in time and is cut off');
    server.closeAllConnections();
    if (!(await endsWithin(limits.closeMs, this.app.close())))
      throw new Error(`parts of the service did not close in ${limits.closeMs} ms`);
  }
}

async function endsWithin(ms: number, work: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, ms, false);
  });
  try {
    return await Promise.race([work.then(() => true), limit]);
  } finally {
    clearTimeout(timer);
  }
}
