export type { Caller } from './caller.js';
export { openApiOf } from './openapi.js';
export { READINESS, type ReadinessCheck } from './readiness.js';
export { type RouteHandler, type ServedInput, Serves } from './serves.js';
export { type HttpConfig, type RunningService, type StartOptions, start } from './start.js';
export { followTls, type TlsFiles, tlsOf } from './tls.js';
