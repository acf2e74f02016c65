/** One `run` per home: two would answer for the same orders and write the same journal. */
import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '@enishi/errors';

/** A socket and not a file with a process id: the system itself lets go of it when the process dies, and ids are used again. */
const MAX_SOCKET_PATH = 100;

function addressOf(folder: string): string {
  const name = `enishi-agent-${createHash('sha256').update(folder).digest('hex').slice(0, 16)}`;
  if (process.platform === 'win32') return `\\\\.\\pipe\\${name}`;
  const inside = join(folder, 'run.sock');
  return Buffer.byteLength(inside) <= MAX_SOCKET_PATH ? inside : join(tmpdir(), `${name}.sock`);
}

function listen(address: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', reject);
    server.listen(address, () => resolve(server));
  });
}

/** Whether a process answers there. */
export function isRunning(folder: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(addressOf(folder));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** @throws AppError terminal-agent.already_running */
export async function lockRun(folder: string): Promise<{ release(): Promise<void> }> {
  const address = addressOf(folder);
  if (await isRunning(folder))
    throw new AppError('terminal-agent.already_running', 'conflict', 'another enishi-agent runs with this home', { place: folder });
  // Nobody answers: what is left is of a process that died.
  if (process.platform !== 'win32') rmSync(address, { force: true });
  const server = await listen(address).catch((cause: unknown) => {
    throw new AppError('terminal-agent.already_running', 'conflict', 'another enishi-agent runs with this home', { place: folder, cause });
  });
  server.unref();
  return { release: () => new Promise((resolve) => server.close(() => resolve())) };
}
