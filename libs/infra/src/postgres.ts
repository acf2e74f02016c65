import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import pg from 'pg';
import { InfraError } from './infra-error.js';
import { commandOf, endProcess, hasEnded, isGone, isRunning, readIfThere, spawnOwned, tailOf } from './owned-process.js';
import { ownerOf, type PostgresAccount, postgresAccount } from './postgres-account.js';
import { type PostgresPrograms, postgresPrograms } from './postgres-programs.js';

/** The major version of the data directory; another one's data are refused with a sentence, not converted. */
const MAJOR_VERSION = '18';
const START_LIMIT_MS = 30_000;
/** Children of a killed server hold its shared memory until they notice, which takes a moment. */
const LEFTOVER_LIMIT_MS = 10_000;
/** A parent that is alive waits for its dead child at once; this is for a busy machine. */
const REAP_LIMIT_MS = 2_000;
/** Postgres writes its number into postmaster.pid in the moment that it makes the file. */
const EMPTY_LIMIT_MS = 1_000;

export interface PostgresOptions {
  /** State of this server: `data/`, `password` (0600), `postgres.log`. Made when missing. One caller at a time. */
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

/**
 * Postgres 18 on loopback TCP, in a session of its own (Ctrl-C at the launcher does not reach it).
 * Call again with the same dir after any end, kill -9 included: committed data are there. A server that an earlier,
 * killed launcher left running on this dir is stopped first.
 */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const dir = resolve(options.dir);
  const dataDir = join(dir, 'data');
  const logFile = join(dir, 'postgres.log');
  mkdirSync(dir, { recursive: true });
  const programs = await postgresPrograms();
  const account = postgresAccount([dataDir, programs.postgres]);
  const password = passwordOf(dir);

  if (!existsSync(dataDir)) {
    options.progress?.('making a Postgres data directory');
    await makeDataDir(dir, programs, account, password);
  }
  const version = readFileSync(join(dataDir, 'PG_VERSION'), 'utf8').trim();
  if (version !== MAJOR_VERSION) {
    throw new InfraError(
      'infra.postgres_other_version',
      `${dataDir} was made by Postgres ${version}, and this is Postgres ${MAJOR_VERSION}: dump it with the old one, or remove it`,
    );
  }
  if (await stopPostgres(dir)) options.progress?.('stopped the Postgres that an earlier start had left');

  const deadline = performance.now() + LEFTOVER_LIMIT_MS;
  for (;;) {
    const logStart = statSync(logFile, { throwIfNoEntry: false })?.size ?? 0;
    try {
      return await startOnce({ dir, dataDir, logFile, programs, account, password, port: options.port, settings: options.settings ?? {} });
    } catch (cause) {
      const said = tailOf(logFile, logStart);
      // The one before is not wholly gone: its children hold the memory, or its number is still in the table of processes.
      if (
        /pre-existing shared memory block|lock file "postmaster.pid" (?:already exists|is empty)/.test(said) &&
        performance.now() < deadline
      ) {
        await new Promise((done) => setTimeout(done, 200));
        await stopPostgres(dir);
        continue;
      }
      if (/could not bind|Address already in use/i.test(said)) {
        throw new InfraError('infra.port_taken', `port ${options.port} is taken by another program, so Postgres cannot listen on it`, {
          cause,
        });
      }
      throw new InfraError('infra.postgres_not_started', `Postgres did not start; its log ${logFile} ends with:\n${said}`, { cause });
    }
  }
}

/**
 * Stops whatever server runs on this state dir (by its postmaster.pid); true when there was one. A postmaster.pid that
 * Postgres would take for a running server's, and is none's, is gone afterwards.
 */
export async function stopPostgres(stateDir: string): Promise<boolean> {
  const dataDir = join(resolve(stateDir), 'data');
  const pidFile = join(dataDir, 'postmaster.pid');
  const said = readIfThere(pidFile);
  const pid = Number(said?.split('\n')[0]);
  if (!Number.isInteger(pid) || pid <= 0) {
    // Killed between making the file and writing into it. A server that is just starting would have written by then.
    if (said === null) return false;
    if (await fills(pidFile, EMPTY_LIMIT_MS)) return stopPostgres(stateDir);
    rmSync(pidFile, { force: true });
    return false;
  }
  if (!isRunning(pid)) {
    // Dead, and nobody has waited for it yet: kill(2) still finds the number, and Postgres would refuse to start. Where
    // nobody ever will (an init that reaps none), the file goes; what its children hold, Postgres finds by their memory.
    if (!(await isGone(pid, REAP_LIMIT_MS))) rmSync(pidFile, { force: true });
    return false;
  }
  if (!commandOf(pid)?.includes(dataDir)) {
    // It died while we looked: then it is looked at again.
    if (!isRunning(pid)) return stopPostgres(stateDir);
    // The number has gone to another program since the server was killed; Postgres would believe that it still runs.
    rmSync(pidFile, { force: true });
    return false;
  }
  // SIGINT: fast shutdown. SIGQUIT: stop at once and recover at the next start. SIGKILL: the same, whatever state it is in.
  await endProcess(pid, [
    { signal: 'SIGINT', waitMs: 10_000 },
    { signal: 'SIGQUIT', waitMs: 5_000 },
    { signal: 'SIGKILL', waitMs: 5_000 },
  ]);
  await isGone(pid, REAP_LIMIT_MS);
  return true;
}

/** Whether a file has a line within the time. */
async function fills(file: string, waitMs: number): Promise<boolean> {
  const deadline = performance.now() + waitMs;
  while (!readIfThere(file)?.includes('\n')) {
    if (performance.now() >= deadline) return false;
    await new Promise((done) => setTimeout(done, 15));
  }
  return true;
}

interface Start {
  dir: string;
  dataDir: string;
  logFile: string;
  programs: PostgresPrograms;
  account: PostgresAccount;
  password: string;
  port: number;
  settings: Record<string, string>;
}

async function startOnce(start: Start): Promise<RunningPostgres> {
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    timezone: 'UTC',
    log_timezone: 'UTC',
    // A statement's text and an error's detail ("Key (…)=(…)") may hold a person's data: neither goes to the log.
    log_min_error_statement: 'panic',
    log_error_verbosity: 'terse',
    ...start.settings,
  };
  const [program, ...prefix] = [...start.account.prefix, start.programs.postgres];
  const child = spawnOwned(
    program as string,
    [
      ...prefix,
      '-D',
      start.dataDir,
      '-p',
      String(start.port),
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    { logFile: start.logFile, cwd: start.account.uid === undefined ? start.dir : '/', uid: start.account.uid, gid: start.account.gid },
  );
  let ended: string | null = null;
  child.once('error', (error) => {
    ended = error.message;
  });
  child.once('exit', (code, signal) => {
    ended = `it ended with ${signal ?? `code ${code}`}`;
  });
  const adminUrl = (database = 'postgres') => `postgresql://postgres:${start.password}@127.0.0.1:${start.port}/${database}`;
  await untilItAnswers(adminUrl(), start.dataDir, () => ended);
  const pid = child.pid as number;
  return {
    port: start.port,
    pid,
    logFile: start.logFile,
    adminUrl,
    async stop() {
      await stopPostgres(start.dir);
      await hasEnded(pid, 1_000);
    },
  };
}

/** A connection with our password to our data directory: not merely an open port, which may be somebody else's. */
async function untilItAnswers(url: string, dataDir: string, ended: () => string | null): Promise<void> {
  const deadline = performance.now() + START_LIMIT_MS;
  for (;;) {
    const why = ended();
    if (why !== null) throw new Error(why);
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
    client.on('error', () => {});
    try {
      await client.connect();
      const { rows } = await client.query<{ dir: string }>(`SELECT current_setting('data_directory') AS dir`);
      if (rows[0]?.dir === dataDir) return;
    } catch (error) {
      if (performance.now() >= deadline) throw error;
    } finally {
      await client.end().catch(() => {});
    }
    if (performance.now() >= deadline) throw new Error('another Postgres answers on this port');
    await new Promise((done) => setTimeout(done, 25));
  }
}

/** initdb into a directory beside the final one and a rename: a start that was killed half-way leaves nothing that looks like data. */
async function makeDataDir(dir: string, programs: PostgresPrograms, account: PostgresAccount, password: string): Promise<void> {
  const dataDir = join(dir, 'data');
  const partial = join(dir, 'data.partial');
  const passwordFile = join(dir, 'password.initdb');
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { mode: 0o700 });
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  const owner = ownerOf(account);
  if (owner) {
    chownSync(partial, owner.uid, owner.gid);
    chownSync(passwordFile, owner.uid, owner.gid);
  }
  try {
    const [program, ...prefix] = [...account.prefix, programs.initdb];
    await run(
      program as string,
      [
        ...prefix,
        `--pgdata=${partial}`,
        '--username=postgres',
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        // The builtin provider sorts the same on every machine, whatever its C library is.
        '--locale=C',
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
        // What is lost with the machine's power at this moment is an empty database.
        '--no-sync',
      ],
      account,
    );
    renameSync(partial, dataDir);
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

function run(program: string, args: string[], account: PostgresAccount): Promise<void> {
  return new Promise((done, fail) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: '/', uid: account.uid, gid: account.gid });
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    child.once('error', fail);
    child.once('close', (code) => {
      if (code === 0) done();
      else fail(new InfraError('infra.postgres_not_started', `initdb failed: ${said.trim().split('\n').slice(-6).join('\n')}`));
    });
  });
}

/** Made once per state dir. Written before initdb, so that there is never a data directory whose password nobody knows. */
function passwordOf(dir: string): string {
  const file = join(dir, 'password');
  const known = readIfThere(file)?.trim();
  if (known) return known;
  if (existsSync(join(dir, 'data'))) {
    throw new InfraError(
      'infra.postgres_password_lost',
      `${file} is missing, and ${join(dir, 'data')} can only be entered with it: remove the directory to begin anew`,
    );
  }
  const password = randomBytes(24).toString('base64url');
  writeFileSync(`${file}.partial`, `${password}\n`, { mode: 0o600 });
  renameSync(`${file}.partial`, file);
  return password;
}
