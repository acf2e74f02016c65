import { spawn } from 'node:child_process';
import { inheritedEnv } from './environment-config.js';

export interface ProgramRun {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs a program to its end; one that is not there, or that takes too long, has the code null and says so in stderr. */
export function runProgram(
  file: string,
  args: string[],
  options: { timeoutMs: number; env?: Record<string, string>; cwd?: string },
): Promise<ProgramRun> {
  return new Promise((done) => {
    const child = spawn(file, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: options.cwd,
      env: { ...inheritedEnv(), ...options.env },
    });
    // Not spawn's own `timeout`: that one goes on ticking, and keeps this process, when the program was never there.
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, options.timeoutMs);
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    child.once('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      done({ code: null, stdout, stderr: error.code === 'ENOENT' ? `${file} is not installed` : error.message });
    });
    child.once('close', (code) => {
      clearTimeout(timer);
      done({ code, stdout, stderr: late ? `${file} did not finish within ${options.timeoutMs} ms` : stderr });
    });
  });
}
