import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { freePort, startPostgres, stopPostgres } from '../src/index.js';
import { isRunning } from '../src/owned-process.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'enishi-pg-'));
});
afterEach(async () => {
  await stopPostgres(dir);
  rmSync(dir, { recursive: true, force: true });
});

async function ask<Row extends object>(url: string, query: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(query)).rows;
  } finally {
    await client.end();
  }
}

async function waitForFact(fact: () => boolean): Promise<void> {
  const deadline = performance.now() + 5_000;
  while (!fact()) {
    if (performance.now() > deadline) throw new Error('the fact did not come about in 5 s');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe('Postgres on this machine', () => {
  it('keeps committed data over kill -9 and a clean stop', async () => {
    const port = await freePort();
    const first = await startPostgres({ dir, port });
    await ask(first.adminUrl(), 'CREATE TABLE kept AS SELECT 1 AS a');
    process.kill(first.pid, 'SIGKILL');
    const second = await startPostgres({ dir, port });
    expect(second.pid).not.toBe(first.pid);
    await ask(second.adminUrl(), 'INSERT INTO kept VALUES (2)');
    await second.stop();
    const third = await startPostgres({ dir, port });
    expect(await ask(third.adminUrl(), 'SELECT a FROM kept ORDER BY a')).toEqual([{ a: 1 }, { a: 2 }]);
    await third.stop();
  });

  it('a clean stop leaves no process, though clients are connected', async () => {
    const server = await startPostgres({ dir, port: await freePort() });
    const client = new pg.Client({ connectionString: server.adminUrl() });
    client.on('error', () => {});
    await client.connect();
    const { rows } = await client.query<{ pid: number }>('SELECT pid FROM pg_stat_activity');
    await server.stop();
    expect([server.pid, ...rows.map(({ pid }) => pid)].filter(isRunning)).toEqual([]);
    await client.end().catch(() => {});
  });

  it('listens on loopback only, and lets nobody in without the password', async () => {
    const server = await startPostgres({ dir, port: await freePort() });
    expect(await ask(server.adminUrl(), 'SHOW listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }]);
    const url = new URL(server.adminUrl());
    url.password = 'password';
    await expect(ask(url.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
    expect(statSync(join(dir, 'password')).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(dir, 'password'), 'utf8').trim()).toBe(new URL(server.adminUrl()).password);
    await server.stop();
  });

  it('the log holds no values, though a statement with them fails', async () => {
    const server = await startPostgres({ dir, port: await freePort() });
    await ask(server.adminUrl(), "CREATE TABLE person (name text PRIMARY KEY); INSERT INTO person VALUES ('canary-8c1d')");
    await expect(ask(server.adminUrl(), "INSERT INTO person VALUES ('canary-8c1d')")).rejects.toMatchObject({ code: '23505' });
    await server.stop();
    const log = readFileSync(server.logFile, 'utf8');
    expect(log).toContain('duplicate key value');
    expect(log).not.toContain('canary-8c1d');
  });

  it('a server that a killed launcher left running is found and stopped first', async () => {
    const port = await freePort();
    const program = `import { startPostgres } from ${JSON.stringify(join(import.meta.dirname, '..', 'dist', 'index.js'))};
      const server = await startPostgres({ dir: ${JSON.stringify(dir)}, port: ${port} });
      console.log(server.pid);
      setInterval(() => {}, 60_000);`;
    const launcher = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(createInterface(launcher.stdout), 'line')) as [string];
    launcher.kill('SIGKILL');
    await once(launcher, 'exit');
    expect(isRunning(Number(line))).toBe(true);
    const said: string[] = [];
    const server = await startPostgres({ dir, port, progress: (message) => said.push(message) });
    expect(isRunning(Number(line))).toBe(false);
    expect(said).toEqual(['stopped the Postgres that an earlier start had left']);
    await server.stop();
  });

  it('Ctrl-C at the launcher does not reach it', async () => {
    const program = `import { startPostgres } from ${JSON.stringify(join(import.meta.dirname, '..', 'dist', 'index.js'))};
      process.on('SIGINT', () => console.log('interrupted'));
      const server = await startPostgres({ dir: ${JSON.stringify(dir)}, port: ${await freePort()} });
      console.log(server.pid);
      setInterval(() => {}, 60_000);`;
    // A process group of its own, which is then signalled as a terminal does.
    const launcher = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    });
    const lines = createInterface(launcher.stdout);
    const [pid] = (await once(lines, 'line')) as [string];
    process.kill(-(launcher.pid as number), 'SIGINT');
    expect(await once(lines, 'line')).toEqual(['interrupted']);
    expect(isRunning(Number(pid))).toBe(true);
    launcher.kill('SIGKILL');
    await once(launcher, 'exit');
    expect(await stopPostgres(dir)).toBe(true);
    expect(isRunning(Number(pid))).toBe(false);
    expect(await stopPostgres(dir)).toBe(false);
  });

  it('a start that was cut short while making the data directory leaves nothing in the way', async () => {
    mkdirSync(join(dir, 'data.partial', 'base'), { recursive: true });
    writeFileSync(join(dir, 'data.partial', 'PG_VERSION'), '18');
    const server = await startPostgres({ dir, port: await freePort() });
    await server.stop();
    expect(existsSync(join(dir, 'data.partial'))).toBe(false);
  });

  it("a stale pid file that now names somebody else's process is no hindrance", async () => {
    const port = await freePort();
    await (await startPostgres({ dir, port })).stop();
    writeFileSync(join(dir, 'data', 'postmaster.pid'), `${process.pid}\n${join(dir, 'data')}\n`);
    const server = await startPostgres({ dir, port });
    expect(server.pid).not.toBe(process.pid);
    await server.stop();
  });

  it('killed and started at once, again and again: each start succeeds, and what was committed is there', async () => {
    const port = await freePort();
    let server = await startPostgres({ dir, port });
    await ask(server.adminUrl(), 'CREATE TABLE kept (round int)');
    for (let round = 1; round <= 5; round++) {
      await ask(server.adminUrl(), `INSERT INTO kept VALUES (${round})`);
      // Not waited for: it may be dying, dead and not waited for, or gone when the start looks.
      process.kill(server.pid, 'SIGKILL');
      server = await startPostgres({ dir, port });
      expect(await ask(server.adminUrl(), 'SELECT max(round) AS round FROM kept')).toEqual([{ round }]);
    }
    await server.stop();
  });

  it('a dead server that nobody has waited for is no hindrance, though its number is still taken', async () => {
    const port = await freePort();
    const data = join(dir, 'data');
    await (await startPostgres({ dir, port })).stop();
    // The shell becomes a program that waits for no child, so its child stays in the table of processes when it has ended.
    // Of Postgres' own user, as the real one is: of another's processes, Postgres knows that they are no servers.
    const { uid, gid } = statSync(data);
    const parent = spawn('bash', ['-c', 'sleep 0.1 & echo $!; exec sleep 600'], {
      stdio: ['ignore', 'pipe', 'inherit'],
      cwd: '/',
      ...(process.getuid?.() === 0 ? { uid, gid } : {}),
    });
    try {
      const [line] = (await once(createInterface(parent.stdout), 'line')) as [string];
      const dead = Number(line);
      await waitForFact(() => !isRunning(dead));
      expect(() => process.kill(dead, 0)).not.toThrow();
      writeFileSync(join(data, 'postmaster.pid'), `${dead}\n${data}\n`);
      const server = await startPostgres({ dir, port });
      expect(await ask(server.adminUrl(), 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
      await server.stop();
    } finally {
      parent.kill('SIGKILL');
    }
  });

  it('a pid file that a killed start left empty is no hindrance; one that a living server is about to fill is waited for', async () => {
    const port = await freePort();
    const pidFile = join(dir, 'data', 'postmaster.pid');
    await (await startPostgres({ dir, port })).stop();
    writeFileSync(pidFile, '');
    const server = await startPostgres({ dir, port });
    const written = readFileSync(pidFile, 'utf8');
    writeFileSync(pidFile, '');
    const filled = new Promise<void>((done) => {
      setTimeout(() => {
        writeFileSync(pidFile, written);
        done();
      }, 200);
    });
    expect(await stopPostgres(dir)).toBe(true);
    await filled;
    expect(isRunning(server.pid)).toBe(false);
  });

  it('says in a sentence that a port is taken, that data are of another version, that the password is lost', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const port = (other.address() as { port: number }).port;
    await expect(startPostgres({ dir, port })).rejects.toMatchObject({
      code: 'infra.port_taken',
      message: expect.stringContaining(String(port)),
    });
    other.close();
    chmodSync(join(dir, 'password'), 0o600);
    rmSync(join(dir, 'password'));
    await expect(startPostgres({ dir, port })).rejects.toMatchObject({ code: 'infra.postgres_password_lost' });
    writeFileSync(join(dir, 'password'), 'x');
    writeFileSync(join(dir, 'data', 'PG_VERSION'), '15\n');
    await expect(startPostgres({ dir, port })).rejects.toMatchObject({ code: 'infra.postgres_other_version' });
  });
});
