import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type FreshNats, waitFor } from '@enishi/testing';

export interface HearerProcess {
  /** Lines that it has written, but for its log. */
  lines: string[];
  saw(line: RegExp): Promise<unknown>;
  /** Resolves with how it ended. */
  signal(signal: 'SIGKILL' | 'SIGTERM'): Promise<{ code: number | null; signal: string | null }>;
}

const running = new Set<ChildProcess>();

/** Starts hearer.mjs; resolves when it hears. */
export async function startHearer(nats: FreshNats, databaseUrl: string, name: string, hang: string): Promise<HearerProcess> {
  const argument = JSON.stringify({ url: nats.url, nkeySeed: nats.seed('command-dispatcher'), databaseUrl, name, hang });
  const child = spawn(process.execPath, [join(import.meta.dirname, 'hearer.mjs'), argument], { stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  const lines: string[] = [];
  const complaints: string[] = [];
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts.filter((line) => !line.startsWith('{')));
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => complaints.push(chunk));
  const ended = once(child, 'exit').then(([code, signal]) => {
    running.delete(child);
    return { code: code as number | null, signal: signal as string | null };
  });
  const saw = (line: RegExp) =>
    waitFor(() => lines.some((one) => line.test(one)), {
      timeoutMs: 15_000,
      what: `${name} to say ${line} (it said ${complaints.join()})`,
    });
  await saw(/^ready$/);
  return {
    lines,
    saw,
    signal(signal) {
      child.kill(signal);
      return ended;
    },
  };
}

/** For afterEach: no test leaves a process behind. */
export function killHearers(): void {
  for (const child of running) child.kill('SIGKILL');
}
