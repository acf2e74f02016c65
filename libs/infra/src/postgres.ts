import { InfraError } from './infra-error.js';

export interface PostgresOptions {
  /** State of this server: `data/`, `password` (0600), `postgres.log`. Made when missing. */
  dir: string;
  /** TCP port on 127.0.0.1. */
  port: number;
  /** Extra settings of postgresql.conf, e.g. { max_connections: '200' }. */
  settings?: Record<string, string>;
  /** Called with a sentence for each step that takes time. */
  progress?: (message: string) => void;
}
export interface RunningPostgres {
  port: number;
  pid: number;
  logFile: string;
  /** `postgresql://postgres:<password>@127.0.0.1:<port>/<database>` of the superuser; default database `postgres`. */
  adminUrl(database?: string): string;
  /** Fast shutdown (clients are cut off, committed data kept); resolves when no process is left. */
  stop(): Promise<void>;
}

/** Postgres 18 on loopback TCP, in a process group of its own (Ctrl-C at the launcher does not reach it). Survives kill -9: call again with the same dir. */
export function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  throw new InfraError('infra.postgres_not_started', `not built yet: ${options.dir}`);
}

/** Stops whatever server runs on this state dir (by its postmaster.pid); true when there was one. */
export function stopPostgres(dir: string): Promise<boolean> {
  throw new InfraError('infra.postgres_not_started', `not built yet: ${dir}`);
}
