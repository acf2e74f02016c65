/** Something that the service needs. */
export interface ReadinessCheck {
  /** Shown by /readyz: `postgres`, `nats`. */
  readonly name: string;
  /** Resolves when it is there; rejects when it is away. Given 2 s. */
  check(): Promise<void>;
}

/** Injection token under which a module provides its checks: `{ provide: READINESS, useFactory: … }` giving ReadinessCheck[]. */
export const READINESS = Symbol('READINESS');
