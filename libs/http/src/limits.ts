/** Every limit of an HTTP door, in one place. Tests set smaller ones to reach them. */
export const HTTP_LIMITS = {
  bodyBytes: 65_536,
  /** Request line and headers together, bytes. */
  headerBytes: 16_384,
  /** Decoded characters of one path parameter. */
  pathParameterChars: 120,
  /** For a client to send its headers, and then its whole request, ms. */
  headersMs: 10_000,
  requestMs: 30_000,
  /** For a handler to answer, ms. Longer than any time limit inside, so that those name what was slow. */
  handlerMs: 30_000,
  /** An idle connection is kept this long, ms: longer than load balancers keep theirs, so that they close first. */
  keepAliveMs: 65_000,
  /** For one readiness check, ms. */
  readinessMs: 2_000,
  /** Open event streams of this process, and of one holder. */
  streams: 1_000,
  streamsPerHolder: 20,
  /** A stream ends after this, ms, and the client comes again with a fresh token: so long may it outlive a revocation. */
  streamLifeMs: 900_000,
  /** Between two comments that keep proxies from closing a quiet stream, ms. */
  heartbeatMs: 10_000,
  /** An error this soon after the request still gets an HTTP status; later it is an event of the stream. ms */
  firstEventMs: 500,
  /** For a client to take what was written to its stream, ms. */
  slowClientMs: 30_000,
  /** From SIGTERM to the end of requests under way, then of the service's own parts, ms. With FLUSH_LIMIT_MS: 10 s. */
  drainMs: 5_000,
  closeMs: 3_000,
  /** How often the TLS files are looked at, ms. */
  tlsLookMs: 5_000,
} as const;

export type HttpLimits = { readonly [L in keyof typeof HTTP_LIMITS]: number };
