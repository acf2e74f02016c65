export {
  type Ca,
  type CertRequest,
  createCa,
  createDevCa,
  type DevCa,
  issueCert,
  type KeyAndCert,
  writeKeyAndCert,
} from './certificates.js';
export type { FoundProgram, ProgramWay } from './find-program.js';
export { freePort } from './free-port.js';
export { type FoundHelm, findHelm, HELM_VERSION, type HelmSources } from './helm-binary.js';
export { InfraError } from './infra-error.js';
export { findKubernetesSchemas, KUBERNETES_VERSION } from './kubernetes-schemas.js';
export { findNatsServer, type NatsSources } from './nats-binary.js';
export { NATS_VERSION } from './nats-pins.js';
export { type NatsServerOptions, type RunningNats, startNatsServer, stopNatsServer } from './nats-server.js';
export { commandOf, isRunning } from './owned-process.js';
export { type PostgresOptions, type RunningPostgres, startPostgres, stopPostgres } from './postgres.js';
export { findPromtool, type Promtool, type PromtoolSources } from './promtool.js';
