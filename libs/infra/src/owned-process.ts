/** Programs that outlive the call that started them: found again, and ended, by their pid. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, statSync, truncateSync } from 'node:fs';
import { dirname } from 'node:path';

/** A log is begun anew when it has grown past this at a start. */
const LOG_LIMIT_BYTES = 20 * 1024 * 1024;

export interface OwnedProcessOptions {
  logFile: string;
  cwd?: string;
  uid?: number;
  gid?: number;
  /** Added to the environment of this process. */
  env?: NodeJS.ProcessEnv;
}

/**
 * Starts a program in a session of its own: Ctrl-C at the terminal, which goes to the foreground process group, does
 * not reach it, so that whoever started it decides in which order things end. If the starter is killed the program goes on;
 * the next start finds it by its pid file.
 */
export function spawnOwned(file: string, args: string[], options: OwnedProcessOptions): ChildProcess {
  mkdirSync(dirname(options.logFile), { recursive: true });
  if ((statSync(options.logFile, { throwIfNoEntry: false })?.size ?? 0) > LOG_LIMIT_BYTES) truncateSync(options.logFile);
  const log = openSync(options.logFile, 'a', 0o600);
  try {
    const child = spawn(file, args, {
      detached: true,
      stdio: ['ignore', log, log],
      cwd: options.cwd,
      uid: options.uid,
      gid: options.gid,
      ...(options.env && { env: options.env }),
    });
    child.unref();
    return child;
  } finally {
    closeSync(log);
  }
}

/** Whether a process with this pid runs. One that has ended but that nobody has waited for (a zombie) does not. */
export function isRunning(pid: number): boolean {
  if (!hasNumber(pid)) return false;
  const stat = readIfThere(`/proc/${pid}/stat`);
  // The state follows the last parenthesis: the program's name may itself hold any.
  return stat === null || !/^\s*[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 1));
}

/** The command line of a process, null when it cannot be told. */
export function commandOf(pid: number): string | null {
  const line = readIfThere(`/proc/${pid}/cmdline`);
  if (line !== null) return line.replaceAll('\0', ' ').trim();
  const asked = spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
  return asked.status === 0 ? asked.stdout.trim() : null;
}

/** Sends each signal in turn and waits its time for the process to end. */
export async function endProcess(pid: number, steps: { signal: NodeJS.Signals; waitMs: number }[]): Promise<void> {
  for (const { signal, waitMs } of steps) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') return;
      throw error;
    }
    if (await hasEnded(pid, waitMs)) return;
  }
  throw new Error(`process ${pid} does not end`);
}

export async function hasEnded(pid: number, waitMs: number): Promise<boolean> {
  const deadline = performance.now() + waitMs;
  while (isRunning(pid)) {
    if (performance.now() >= deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
  return true;
}

/** Whether no process has this number within the time: not even one that is dead and that nobody has waited for. */
export async function isGone(pid: number, waitMs: number): Promise<boolean> {
  const deadline = performance.now() + waitMs;
  while (hasNumber(pid)) {
    if (performance.now() >= deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
  return true;
}

/** Whether kill(2) finds the number. */
function hasNumber(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The end of a log, for the sentence that says why something did not start. */
export function tailOf(logFile: string, fromByte: number, lines = 8): string {
  const text = readIfThere(logFile) ?? '';
  return Buffer.from(text).subarray(fromByte).toString('utf8').trim().split('\n').slice(-lines).join('\n');
}

export function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
