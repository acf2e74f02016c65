interface PrismaFailure {
  code?: unknown;
  meta?: { driverAdapterError?: { cause?: DriverCause } };
  cause?: DriverCause;
}
interface DriverCause {
  kind?: unknown;
  code?: unknown;
  originalCode?: unknown;
}

/** What a failure of the database says of itself; all are empty for any other error. */
export interface FailureFacts {
  /** Prisma's own code, `P2002`. */
  readonly code: string;
  /** As @prisma/adapter-pg names it, `DatabaseNotReachable`. */
  readonly kind: string;
  /** SQLSTATE, five characters each. */
  readonly states: readonly string[];
}

/** Reads an error of a Prisma client or of its driver adapter: the one place that knows where each keeps its codes. */
export function failureFacts(error: unknown): FailureFacts {
  if (typeof error !== 'object' || error === null) return { code: '', kind: '', states: [] };
  const { code, meta, cause } = error as PrismaFailure;
  const inner = meta?.driverAdapterError?.cause ?? cause;
  return {
    code: typeof code === 'string' ? code : '',
    kind: typeof inner?.kind === 'string' ? inner.kind : '',
    states: [inner?.code, inner?.originalCode].filter((state): state is string => typeof state === 'string'),
  };
}
