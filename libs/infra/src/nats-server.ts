import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { InfraError } from './infra-error.js';
import { commandOf, endProcess, isRunning, readIfThere, spawnOwned, tailOf } from './owned-process.js';

const START_LIMIT_MS = 20_000;

export interface NatsServerOptions {
  /** The executable, from findNatsServer. */
  binary: string;
  /** A whole configuration (from `natsServerConfig` of @enishi/messaging), with `port` (-1 for any), `store_dir` and the rest. */
  configFile: string;
  /** State of the process: `nats-server.pid`, `nats-server.log`, ports file. Made when missing. One caller at a time. */
  dir: string;
}

export interface RunningNats {
  port: number;
  pid: number;
  /** `nats://127.0.0.1:<port>` */
  url: string;
  logFile: string;
  /** Reads the configuration again (SIGHUP): users and permissions change without a restart. */
  reload(): void;
  /** Resolves when no process is left. */
  stop(): Promise<void>;
}

/** nats-server in a session of its own; resolves when it takes connections. Call again with the same dir after any end, kill -9 included. */
export async function startNatsServer(options: NatsServerOptions): Promise<RunningNats> {
  const dir = resolve(options.dir);
  mkdirSync(dir, { recursive: true });
  await stopNatsServer(dir);
  for (const name of readdirSync(dir)) if (name.endsWith('.ports')) rmSync(join(dir, name));
  const logFile = join(dir, 'nats-server.log');
  const logStart = statSync(logFile, { throwIfNoEntry: false })?.size ?? 0;
  const child = spawnOwned(
    options.binary,
    ['--config', resolve(options.configFile), '--pid', join(dir, 'nats-server.pid'), '--ports_file_dir', dir],
    { logFile, cwd: dir },
  );
  let ended: string | null = null;
  child.once('error', (error) => {
    ended = error.message;
  });
  child.once('exit', (code, signal) => {
    ended = `it ended with ${signal ?? `code ${code}`}`;
  });
  try {
    const port = await untilItAnswers(dir, child.pid ?? 0, () => ended);
    const pid = child.pid as number;
    return {
      port,
      pid,
      url: `nats://127.0.0.1:${port}`,
      logFile,
      reload: () => {
        process.kill(pid, 'SIGHUP');
      },
      stop: async () => {
        await stopNatsServer(dir);
      },
    };
  } catch (cause) {
    if (child.pid !== undefined && isRunning(child.pid)) await endProcess(child.pid, [{ signal: 'SIGKILL', waitMs: 5_000 }]);
    const said = tailOf(logFile, logStart);
    if (/address already in use/i.test(said)) {
      throw new InfraError(
        'infra.port_taken',
        `a port that nats-server is to listen on is taken by another program: ${said.split('\n').at(-1)}`,
        { cause },
      );
    }
    throw new InfraError('infra.nats_server_not_started', `nats-server did not start; its log ${logFile} ends with:\n${said}`, { cause });
  }
}

/** Stops whatever server was started on this state dir (by its pid file); true when there was one. */
export async function stopNatsServer(stateDir: string): Promise<boolean> {
  const pidFile = join(resolve(stateDir), 'nats-server.pid');
  const pid = Number(readIfThere(pidFile));
  // The number may have gone to another program since; ours has its pid file on its command line.
  if (!Number.isInteger(pid) || pid <= 0 || !isRunning(pid) || !commandOf(pid)?.includes(pidFile)) return false;
  await endProcess(pid, [
    { signal: 'SIGTERM', waitMs: 8_000 },
    { signal: 'SIGKILL', waitMs: 5_000 },
  ]);
  rmSync(pidFile, { force: true });
  return true;
}

/** The server writes its ports file when it listens; then the first line of a connection has to be its INFO. */
async function untilItAnswers(dir: string, pid: number, ended: () => string | null): Promise<number> {
  const deadline = performance.now() + START_LIMIT_MS;
  for (;;) {
    const why = ended();
    if (why !== null) throw new Error(why);
    const port = portIn(
      readdirSync(dir).find((name) => name.endsWith(`_${pid}.ports`)),
      dir,
    );
    if (port !== null && (await saysInfo(port))) return port;
    if (performance.now() >= deadline) throw new Error(`no connection within ${START_LIMIT_MS} ms`);
    await new Promise((done) => setTimeout(done, 15));
  }
}

function portIn(name: string | undefined, dir: string): number | null {
  if (name === undefined) return null;
  try {
    const ports = JSON.parse(readIfThere(join(dir, name)) ?? '') as { nats?: string[] };
    return Number(new URL(ports.nats?.[0] ?? '').port) || null;
  } catch {
    // Half written, or not a URL yet: the next look will tell.
    return null;
  }
}

function saysInfo(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: 1_000 });
    const end = (answer: boolean) => {
      socket.destroy();
      done(answer);
    };
    socket.once('data', (chunk) => end(chunk.toString('latin1').startsWith('INFO ')));
    socket.once('timeout', () => end(false));
    socket.once('error', () => end(false));
    socket.once('close', () => done(false));
  });
}
