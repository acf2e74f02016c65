import { InfraError } from './infra-error.js';

export interface NatsServerOptions {
  /** The executable, from findNatsServer. */
  binary: string;
  /** A whole configuration (from `natsServerConfig` of @enishi/messaging), with `port` (-1 for any), `store_dir` and the rest. */
  configFile: string;
  /** State of the process: `nats-server.pid`, `nats-server.log`, ports file. Made when missing. */
  dir: string;
}
export interface RunningNats {
  port: number;
  pid: number;
  /** `nats://127.0.0.1:<port>` */
  url: string;
  logFile: string;
  /** Reads the configuration again (SIGHUP): users and permissions change without a disconnect. */
  reload(): void;
  /** Resolves when no process is left. */
  stop(): Promise<void>;
}

/** nats-server in a process group of its own; resolves when it takes connections. Call again with the same dir after a kill -9. */
export function startNatsServer(options: NatsServerOptions): Promise<RunningNats> {
  throw new InfraError('infra.nats_server_not_started', `not built yet: ${options.dir}`);
}

/** Stops whatever server was started on this state dir (by its pid file); true when there was one. */
export function stopNatsServer(dir: string): Promise<boolean> {
  throw new InfraError('infra.nats_server_not_started', `not built yet: ${dir}`);
}
