import type { RouteContract, ServiceName } from '@enishi/contracts';
import type { Logger, LogLevel } from '@enishi/telemetry';
import type { DynamicModule, INestApplication, Type } from '@nestjs/common';
import type { CustomTransportStrategy } from '@nestjs/microservices';
import type { ReadinessCheck } from './readiness.js';

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
}

export interface RunningService {
  readonly app: INestApplication;
  /** `https://127.0.0.1:41234` */
  readonly url: string;
  readonly port: number;
  /** Drains and closes, in 10 s at most. Called again, it waits for the same end. */
  stop(): Promise<void>;
}

/** Starts a service: its messages, then its HTTP door. */
export async function start(_options: StartOptions): Promise<RunningService> {
  throw new Error('to be written');
}
