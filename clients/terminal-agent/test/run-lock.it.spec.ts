/** One agent per home, whatever starts at once and whatever died before. Real processes, real sockets. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { drillCount } from '@enishi/testing';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { claimPlace, isRunning, lockRun } from '../src/home/run-lock.js';

/** `./enishi drill one-agent` makes it 100. */
const ROUNDS = drillCount(4);
const AT_ONCE = 6;
jest.setTimeout(60_000 + ROUNDS * 10_000);

/** Says when it is loaded, locks at the word, says what came of it, and lives on as `run` does when it has the lock. */
const RUNNER = `
  import { lockRun } from ${JSON.stringify(new URL('../dist/home/run-lock.js', import.meta.url).href)};
  process.stdin.once('data', async () => {
    try {
      const lock = await lockRun(process.argv[1]);
      process.stdin.once('data', async () => { await lock.release(); process.exit(0); });
      console.log('lives');
    } catch (error) {
      console.log(error.code ?? error);
      process.exit(0);
    }
  });
  console.log('loaded');
`;

let root: string;
let folder: string;
const children: ChildProcess[] = [];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'enishi-lock-'));
  folder = join(root, 'home');
  mkdirSync(folder);
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(root, { recursive: true, force: true });
});

function runner() {
  const child = spawn(process.execPath, ['--input-type=module', '-e', RUNNER, folder], { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const exited = once(child, 'exit');
  return {
    says: async () => String((await lines.next()).value),
    tell: () => child.stdin.write('\n'),
    hang: () => child.kill('SIGSTOP'),
    end: async (how: 'kill -9' | 'release') => {
      if (how === 'kill -9') child.kill('SIGKILL');
      else child.stdin.write('\n');
      await exited;
    },
  };
}

/** Six processes that are loaded get the word at the same moment. What each of them says, and who lives. */
async function race() {
  const runners = Array.from({ length: AT_ONCE }, runner);
  for (const one of runners) expect(await one.says()).toBe('loaded');
  for (const one of runners) one.tell();
  const said = await Promise.all(runners.map((one) => one.says()));
  return { said: said.toSorted(), living: runners.filter((_one, index) => said[index] === 'lives') };
}
const ONE_LIVES = ['lives', ...Array.from({ length: AT_ONCE - 1 }, () => 'terminal-agent.already_running')];

describe('one agent per home', () => {
  it(`A3 of ${AT_ONCE} that start at once exactly one lives, also over the socket of one that was killed (${ROUNDS} rounds)`, async () => {
    let dead = 0;
    for (let round = 0; round < ROUNDS; round++) {
      if (readdirSync(folder).some((name) => name.endsWith('.sock'))) dead += 1;
      const { said, living } = await race();
      expect([round, said]).toEqual([round, ONE_LIVES]);
      expect(await isRunning(folder)).toBe(true);
      for (const one of living) await one.end(round % 4 === 3 ? 'release' : 'kill -9');
      expect(await isRunning(folder)).toBe(false);
    }
    // The socket of the killed one lay there, and was no way in for two.
    expect(dead).toBe(ROUNDS - Math.ceil(ROUNDS / 4));
    // What died is swept: one claim, and one socket at most.
    expect(readdirSync(folder).length).toBeLessThanOrEqual(2);
  });

  it('A3 in a folder whose path is longer than the name of a socket may be', async () => {
    folder = join(root, 'x'.repeat(120));
    mkdirSync(folder);
    for (const how of ['kill -9', 'release'] as const) {
      const { said, living } = await race();
      expect(said).toEqual(ONE_LIVES);
      for (const one of living) await one.end(how);
    }
    expect(await isRunning(folder)).toBe(false);
  });
});

// Elsewhere the system says of a full queue what it says of a dead socket.
if (process.platform === 'linux')
  it('A3 one that hangs, and has more callers than can wait, still holds its home', async () => {
    const holder = runner();
    expect(await holder.says()).toBe('loaded');
    holder.tell();
    expect(await holder.says()).toBe('lives');
    holder.hang();
    const address = join(folder, readdirSync(folder).find((name) => name.endsWith('.claim')) ?? '');
    const callers: Socket[] = [];
    const refusal = () =>
      new Promise<string | undefined>((resolve) => {
        const socket = connect(address, () => resolve(undefined)).on('error', (error: NodeJS.ErrnoException) => resolve(error.code));
        callers.push(socket);
      });
    let code: string | undefined;
    for (let count = 0; count < 5_000 && code === undefined; count++) code = await refusal();
    expect(code).toBe('EAGAIN');
    expect(await isRunning(folder)).toBe(true);
    await expect(lockRun(folder)).rejects.toEqual(expect.objectContaining({ code: 'terminal-agent.already_running' }));
    for (const socket of callers) socket.destroy();
    await holder.end('kill -9');
  });

describe('a process that slept since it looked who is at home', () => {
  const servers: Server[] = [];
  const listening = async (name: string) => {
    const server = createServer((socket) => socket.destroy());
    servers.push(server);
    server.listen(join(folder, name));
    await once(server, 'listening');
    return { name, inode: statSync(join(folder, name)).ino };
  };
  afterEach(async () => {
    for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
  });

  it('A3 does not get the place that another has taken meanwhile', async () => {
    const [first, late] = [await listening('run.aa.sock'), await listening('run.bb.sock')];
    expect(claimPlace(folder, first, 1)).toBe(true);
    expect(claimPlace(folder, late, 1)).toBe(false);
  });

  it('A3 does not live behind one that is ahead of it and swept the places between', async () => {
    const [holder, late] = [await listening('run.aa.sock'), await listening('run.bb.sock')];
    expect(claimPlace(folder, holder, 3)).toBe(true);
    expect(claimPlace(folder, late, 2)).toBe(false);
  });

  it('A3 does not live when its socket was swept, or another file has its name: nobody would find it', async () => {
    const late = await listening('run.bb.sock');
    rmSync(join(folder, late.name));
    expect(claimPlace(folder, late, 1)).toBe(false);
    await listening('run.cc.sock');
    symlinkSync('run.cc.sock', join(folder, late.name));
    expect(claimPlace(folder, late, 2)).toBe(false);
  });

  it('the highest place stays behind as a number after a release, so that it is not given again', async () => {
    await (await lockRun(folder)).release();
    expect(readdirSync(folder)).toEqual(['run.1.claim']);
    const second = await lockRun(folder);
    expect(readdirSync(folder).filter((name) => name.endsWith('.claim'))).toEqual(['run.2.claim']);
    await second.release();
  });
});
