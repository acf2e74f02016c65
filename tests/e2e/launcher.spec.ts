/** What an operator on one machine relies on: `./enishi up`, `status`, `token`, `down`. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SERVICES } from '@enishi/contracts';
import { isRunning } from '@enishi/infra';
import { waitFor } from '@enishi/testing';
import { afterAll, describe, expect, it } from '@jest/globals';
import { layoutFor, ROOT } from '../../deploy/local/src/layout.js';
import { freePortBase } from '../../deploy/local/src/platform/ports.js';

const MAIN = join(ROOT, 'deploy', 'local', 'dist', 'main.js');
const bases: number[] = [];
afterAll(() => {
  for (const base of bases) {
    enishi('down', '--port-base', String(base));
    rmSync(layoutFor(base).dir, { recursive: true, force: true });
  }
}, 60_000);

function enishi(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [MAIN, ...args], { cwd: ROOT, encoding: 'utf8', timeout: 120_000 });
}

describe('./enishi up', () => {
  it('two platforms run side by side; each stops leaving no process, and starts again on the same data', async () => {
    for (let i = 0; i < 2; i += 1) {
      const base = await freePortBase(layoutFor);
      bases.push(base);
      const { status, stderr } = enishi('up', '--detach', '--port-base', String(base));
      expect({ status, stderr }).toMatchObject({ status: 0 });
    }
    const [base] = bases as [number];
    const layout = layoutFor(base);
    const endpoints = JSON.parse(readFileSync(layout.path('endpoints.json'), 'utf8')) as {
      processes: Record<string, number>;
      launcher: number;
    };
    expect(Object.keys(endpoints.processes).toSorted()).toEqual(['bank', 'nats-server', 'postgres', ...SERVICES].toSorted());
    expect(enishi('status', '--port-base', String(base))).toMatchObject({ status: 0 });

    const tokenBefore = enishi('token', '--user', 'hanako', '--port-base', String(base)).stdout;
    expect(enishi('down', '--port-base', String(base))).toMatchObject({ status: 0 });
    expect(Object.entries(endpoints.processes).filter(([, pid]) => isRunning(pid))).toEqual([]);
    expect(isRunning(endpoints.launcher)).toBe(false);

    expect(enishi('up', '--detach', '--port-base', String(base))).toMatchObject({ status: 0 });
    const subject = (jwt: string) => (JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()) as { sub: string }).sub;
    expect(subject(enishi('token', '--user', 'hanako', '--port-base', String(base)).stdout)).toBe(subject(tokenBefore));
  }, 180_000);

  it('a part that was killed comes back, and status follows it', async () => {
    const [base] = bases as [number];
    const pids = () =>
      (JSON.parse(readFileSync(layoutFor(base).path('endpoints.json'), 'utf8')) as { processes: Record<string, number> }).processes;
    const killed = ['postgres', 'nats-server', 'bank', 'parser'] as const;
    const before = pids();
    for (const part of killed) process.kill(before[part] as number, 'SIGKILL');
    const after = await waitFor(
      () => {
        const now = pids();
        return killed.every((part) => now[part] !== before[part]) && enishi('status', '--port-base', String(base)).status === 0 && now;
      },
      { timeoutMs: 60_000, what: 'all parts to be up again' },
    );
    const { stdout } = enishi('status', '--port-base', String(base));
    for (const part of killed) expect(stdout).toMatch(new RegExp(`^${part} +${after[part]} +(up|ready)$`, 'm'));
    expect(enishi('down', '--port-base', String(base))).toMatchObject({ status: 0 });
    expect(Object.values(after).filter(isRunning)).toEqual([]);
    expect(enishi('up', '--detach', '--port-base', String(base))).toMatchObject({ status: 0 });
  }, 180_000);

  it('Ctrl-C stops it and leaves no process behind', async () => {
    const base = await freePortBase(layoutFor);
    bases.push(base);
    const launcher = spawn(process.execPath, [MAIN, 'up', '--port-base', String(base)], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    let said = '';
    await new Promise<void>((resolve, reject) => {
      launcher.stderr.on('data', (data: Buffer) => {
        said += data.toString();
        if (said.includes('Ctrl-C stops it')) resolve();
      });
      launcher.once('exit', (code) => reject(new Error(`up ended with ${code}: ${said}`)));
    });
    const { processes } = JSON.parse(readFileSync(layoutFor(base).path('endpoints.json'), 'utf8')) as { processes: Record<string, number> };
    const ended = new Promise<number | null>((resolve) => launcher.removeAllListeners('exit').once('exit', resolve));
    expect(Number(/is ready after ([\d.]+) s/.exec(said)?.[1])).toBeLessThan(15);
    process.kill(-(launcher.pid as number), 'SIGINT');
    expect(await ended).toBe(0);
    expect(Object.entries(processes).filter(([, pid]) => isRunning(pid))).toEqual([]);
  }, 120_000);
});

describe('./enishi demo', () => {
  it('tells the story of aggregation in a minute, holds what it says, and leaves no process and no state behind', () => {
    const before = new Set(readdirSync(join(ROOT, '.enishi')));
    const from = performance.now();
    const { status, stdout, stderr } = enishi('demo', 'aggregation');
    expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
    expect(performance.now() - from).toBeLessThan(60_000);
    for (const step of ['S1 ', 'S2–S4', 'S5 ', 'S10', 'S11', '(S12, S13)', 'certificate required']) expect(stdout).toContain(step);
    expect(stdout.match(/ equal$/gm)).toHaveLength(4);
    expect(readdirSync(join(ROOT, '.enishi')).filter((name) => name.startsWith('demo-') && !before.has(name))).toEqual([]);
  }, 120_000);
});

describe('bad input', () => {
  it.each(SERVICES)('%s tells every problem of its configuration at once and exits 78', (service) => {
    const main = join(ROOT, 'services', service, 'dist', 'main.js');
    const { status, stderr } = spawnSync(process.execPath, [main], {
      encoding: 'utf8',
      env: { HTTP_PORT: 'many', NATS_URL: 'nowhere' },
      timeout: 20_000,
    });
    expect(status).toBe(78);
    for (const key of ['HTTP_PORT', 'NATS_URL', 'DATABASE_URL', 'NATS_NKEY_FILE']) expect(stderr).toContain(key);
  });

  it.each([
    [['drill', 'nothing'], 64, "no drill 'nothing'"],
    [['demo', 'nothing'], 64, "no flow 'nothing'"],
    [['test', 'nothing'], 64, "no 'nothing' tests"],
    [['up', '--port-base', '80'], 1, 'from 1024 to 65000'],
    [['logs', 'nothing', '--port-base', '64000'], 1, 'no log of'],
  ])('./enishi %j says what is wrong', (args, exitCode, words) => {
    const { status, stderr } = enishi(...args);
    expect({ status, stderr }).toEqual({ status: exitCode, stderr: expect.stringContaining(words) });
  });

  it('./enishi parse refuses what it cannot read, with a code', () => {
    const dir = mkdtempSync(join(tmpdir(), 'enishi-parse-'));
    try {
      const { status, stdout, stderr } = enishi('parse', join(dir, 'missing.csv'));
      expect(status).toBe(1);
      expect(stdout).toContain('FILE_UNREADABLE');
      expect(stderr).toContain('there is no such file');
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });
});
