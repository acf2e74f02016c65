/**
 * One `run` per home: two would answer for the same orders and write the same journal.
 *
 * A process first listens on a socket of its own (`run.<random>.sock`), then claims the next place: a symbolic link
 * `run.<place>.claim` to that socket, which the system makes in one step or refuses. The home is held by the highest place,
 * as long as its socket answers. The system itself lets go of a socket when its process dies, whereas process ids are used
 * again; and no Node.js of ours can lock a file (flock) without a native module.
 *
 * Why two cannot hold it: a claim is never seen before its socket answers, the highest claim is never removed (it stays
 * behind as the number that was reached), and only the holder, who is the exclusive lock, removes what lies below it.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256 } from '@enishi/crypto';
import { AppError } from '@enishi/errors';

/** Of `sun_path` (104 bytes on macOS, 108 on Linux). */
const MAX_SOCKET_PATH = 100;
const CLAIM_NAME = /^run\.(\d+)\.claim$/;
const SOCKET_NAME = /^run\.[\da-f]+\.sock$/;
const claimName = (place: number) => `run.${place}.claim`;

export interface RunLock {
  release(): Promise<void>;
}

/** A socket that listens, and the file by which it is found. */
export interface OwnSocket {
  readonly name: string;
  readonly inode: number;
}

/** @throws AppError terminal-agent.already_running */
export async function lockRun(folder: string): Promise<RunLock> {
  const lock = process.platform === 'win32' ? await lockPipe(folder) : await lockSocket(folder);
  if (lock) return lock;
  throw new AppError('terminal-agent.already_running', 'conflict', 'another enishi-agent runs with this home', { place: folder });
}

/** Whether a process holds this home. */
export async function isRunning(folder: string): Promise<boolean> {
  if (process.platform === 'win32') return answers(pipeOf(folder));
  const place = highestPlace(folder);
  return place > 0 && throughShortWay(folder, (way) => answers(join(way, claimName(place))));
}

/** Windows has no socket files: the name of a pipe is the system's own, given to one process and gone with it. */
const pipeOf = (folder: string) => `\\\\.\\pipe\\enishi-agent-${sha256(folder)}`;

async function lockPipe(folder: string): Promise<RunLock | null> {
  try {
    return lockOf(await listen(pipeOf(folder)));
  } catch (error) {
    if (codeOf(error) === 'EADDRINUSE' || codeOf(error) === 'EACCES') return null;
    throw error;
  }
}

function lockSocket(folder: string): Promise<RunLock | null> {
  return throughShortWay(folder, async (way) => {
    const name = `run.${randomBytes(8).toString('hex')}.sock`;
    const server = await listen(join(way, name));
    const lock = lockOf(server, join(folder, name));
    try {
      const inode = inodeOf(join(folder, name));
      // A socket that is gone was swept by a holder.
      while (inode !== null && inodeOf(join(folder, name)) === inode) {
        const highest = highestPlace(folder);
        if (highest > 0 && (await answers(join(way, claimName(highest))))) break;
        if (!claimPlace(folder, { name, inode }, highest + 1)) continue;
        sweep(folder, name, highest + 1);
        return lock;
      }
    } catch (error) {
      await lock.release();
      throw error;
    }
    await lock.release();
    return null;
  });
}

/**
 * Claims a place for a socket that listens. False: another has it, another is ahead, or the claim does not lead to this very
 * socket. A process may have slept since it looked: others may have come, gone, and swept.
 */
export function claimPlace(folder: string, socket: OwnSocket, place: number): boolean {
  const claim = join(folder, claimName(place));
  try {
    symlinkSync(socket.name, claim);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
  return highestPlace(folder) === place && inodeOf(claim) === socket.inode;
}

/** Only for the holder: what died below it, and sockets that came to no place. */
function sweep(folder: string, ownSocket: string, ownPlace: number): void {
  for (const name of readdirSync(folder)) {
    const place = CLAIM_NAME.exec(name)?.[1];
    const isStale = place === undefined ? SOCKET_NAME.test(name) && name !== ownSocket : Number(place) < ownPlace;
    if (isStale) rmSync(join(folder, name), { force: true });
  }
}

function highestPlace(folder: string): number {
  if (!existsSync(folder)) return 0;
  return Math.max(0, ...readdirSync(folder).map((name) => Number(CLAIM_NAME.exec(name)?.[1] ?? 0)));
}

/** Of the file that `path` leads to; null when there is none. */
function inodeOf(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.ino ?? null;
}

/** False only when certainly nobody listens. One that is too busy to answer lives (EAGAIN), and what cannot be told is taken to live. */
function answers(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(address);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error) => resolve(codeOf(error) !== 'ECONNREFUSED' && codeOf(error) !== 'ENOENT'));
  });
}

function listen(address: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', reject);
    server.listen(address, () => resolve(server));
  });
}

function lockOf(server: Server, file?: string): RunLock {
  server.unref();
  return {
    release: async () => {
      await new Promise<void>((resolve) => server.close(() => resolve()));
      if (file) rmSync(file, { force: true });
    },
  };
}

/** The name of a socket is short. Where the folder's own is not, a link leads there for as long as `use` takes. */
async function throughShortWay<T>(folder: string, use: (way: string) => Promise<T>): Promise<T> {
  const longest = join(folder, `run.${'0'.repeat(16)}.sock`);
  if (Buffer.byteLength(longest) <= MAX_SOCKET_PATH) return use(folder);
  const shelter = mkdtempSync(join(tmpdir(), 'enishi-'));
  try {
    symlinkSync(folder, join(shelter, 'h'));
    return await use(join(shelter, 'h'));
  } finally {
    rmSync(shelter, { recursive: true, force: true });
  }
}

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code;
