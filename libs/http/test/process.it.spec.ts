import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEVELOPMENT_ISSUER } from '@enishi/contracts';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newSigner, tokenOf } from './door.fixture.js';

const signer = newSigner('key-1');
let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'enishi-process-'));
  writeFileSync(join(dir, 'jwks.json'), JSON.stringify({ keys: [signer.publicJwk] }));
});
afterAll(() => rmSync(dir, { recursive: true }));

/** A service as its own process, on the built library: one route that answers after `ms`, and one part that says when it is closed. */
const MAIN = `
  import 'reflect-metadata';
  import { Controller, Module } from '@nestjs/common';
  import { route } from '@enishi/contracts';
  import { Serves, start } from '@enishi/http';
  import { z } from 'zod';
  const slow = route('parser', 'GET', '/v1/slow', {
    operationId: 'slow', summary: 'Answers late', scope: 'x', query: z.strictObject({ ms: z.coerce.number() }), output: z.strictObject({ done: z.literal(true) }),
  });
  class SlowController {
    async slow({ query }) {
      console.log('ASKED');
      await new Promise((resolve) => setTimeout(resolve, query.ms));
      return { done: true };
    }
  }
  Serves(slow)(SlowController.prototype, 'slow', Object.getOwnPropertyDescriptor(SlowController.prototype, 'slow'));
  Controller()(SlowController);
  class AppModule { onApplicationShutdown() { console.log('PARTS CLOSED'); } }
  Module({ controllers: [SlowController] })(AppModule);
  const { url } = await start({ service: 'parser', module: AppModule, routes: [slow], config: {
    HTTP_HOST: '127.0.0.1', HTTP_PORT: 0, INTERNAL_JWKS_FILE: process.argv[1], INTERNAL_ISSUER: '${DEVELOPMENT_ISSUER}',
    INTERNAL_TOKEN_MAX_SECONDS: 60, LOG_LEVEL: 'info' } });
  console.log('URL ' + url);
  if (process.argv[2] === 'fault') void Promise.reject(new Error('password=canary-pw'));
`;

function startProcess(fault?: 'fault') {
  const args = [
    '--import',
    '@enishi/telemetry/preload',
    '--input-type=module',
    '-e',
    MAIN,
    join(dir, 'jwks.json'),
    ...(fault ? [fault] : []),
  ];
  const child = spawn(process.execPath, args, {
    cwd: import.meta.dirname,
    // A collector that is away must not delay the end beyond the limit.
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let stdout = '';
  const changed: (() => void)[] = [];
  child.stdout.on('data', (part) => {
    stdout += part;
    for (const resolve of changed.splice(0)) resolve();
  });
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  const said = async (pattern: RegExp): Promise<string> => {
    for (;;) {
      const found = pattern.exec(stdout);
      if (found !== null) return found[1] ?? found[0];
      await Promise.race([
        new Promise<void>((resolve) => changed.push(resolve)),
        ended.then(() => Promise.reject(new Error(`ended: ${stdout}`))),
      ]);
    }
  };
  return { child, ended, said, output: () => stdout };
}

const ask = (url: string, ms: number) =>
  fetch(`${url}/v1/slow?ms=${ms}`, { headers: { authorization: `Bearer ${tokenOf(signer, { scope: 'x' })}` } });

describe('a service that is told to stop', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('answers what is under way, closes its parts and exits 0 on %s', async (signal) => {
    const service = startProcess();
    const url = await service.said(/URL (\S+)/);
    const underWay = ask(url, 300);
    await service.said(/ASKED/);
    service.child.kill(signal);
    expect(await (await underWay).json()).toEqual({ done: true });
    expect(await service.ended).toEqual({ code: 0, signal: null });
    expect(service.output()).toContain('PARTS CLOSED');
  });

  it('ends in 10 s although a request hangs and the collector is away', async () => {
    const service = startProcess();
    const url = await service.said(/URL (\S+)/);
    const outcome = ask(url, 25_000).then(
      () => 'answered',
      () => 'cut off',
    );
    await service.said(/ASKED/);
    const begun = performance.now();
    service.child.kill('SIGTERM');
    expect(await service.ended).toEqual({ code: 0, signal: null });
    expect(performance.now() - begun).toBeLessThan(10_000);
    expect(await outcome).toBe('cut off');
    expect(service.output()).toContain('PARTS CLOSED');
  }, 20_000);

  it('ends at once when it is told twice', async () => {
    const service = startProcess();
    const url = await service.said(/URL (\S+)/);
    const outcome = ask(url, 25_000).then(
      () => 'answered',
      () => 'cut off',
    );
    await service.said(/ASKED/);
    service.child.kill('SIGINT');
    await service.said(/"stopping"/);
    service.child.kill('SIGINT');
    expect(await service.ended).toEqual({ code: 1, signal: null });
    expect(await outcome).toBe('cut off');
  });
});

describe('a fault that nobody caught', () => {
  it('ends the process with 1, and is logged without what it held', async () => {
    const service = startProcess('fault');
    expect(await service.ended).toEqual({ code: 1, signal: null });
    expect(service.output()).toContain('a fault that nobody caught');
    expect(service.output()).not.toContain('canary-pw');
  });
});
