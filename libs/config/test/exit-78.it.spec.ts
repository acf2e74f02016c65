import { spawn } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import { EXIT_CONFIG } from '../src/read-config.js';

/** Runs a `main.ts` that reads its configuration, as a process of its own, on the built library. */
async function runMain(env: Record<string, string>): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const main = `
    import { durationMs, readConfigOrExit, serviceConfig } from '@enishi/config';
    const config = readConfigOrExit(serviceConfig({ RUN_LEASE_MS: durationMs().describe('Lease') }));
    console.log('started', JSON.stringify(config));
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', main], { cwd: import.meta.dirname, env });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (part) => {
    stdout += part;
  });
  child.stderr.on('data', (part) => {
    stderr += part;
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, stdout, stderr };
}

describe('a process with a wrong configuration', () => {
  it('exits 78 before it has started anything, with every problem on stderr and no value', async () => {
    const { code, stdout, stderr } = await runMain({
      HTTP_PORT: 'canary-port',
      NATS_URL: 'http://canary-nats',
      NATS_NKEY_FILE: '/canary/nkey',
      DATABASE_URL: 'postgresql://u:canary-password@h/d?sslmode=verify-full&sslrootcert=/canary/ca.pem',
      LOG_LEVEL: 'canary-loud',
      RUN_LEASE_MS: '0',
    });
    expect(code).toBe(EXIT_CONFIG);
    expect(EXIT_CONFIG).toBe(78);
    expect(stdout).toBe('');
    expect(stderr).toBe(
      [
        'The configuration is not valid (8 problems):',
        '  - HTTP_PORT must be a whole number from 0 to 65535',
        '  - NATS_URL must be a URL with nats:// or tls://',
        '  - NATS_NKEY_FILE names a file that does not exist',
        '  - INTERNAL_JWKS_FILE is not set',
        '  - INTERNAL_ISSUER is not set',
        '  - LOG_LEVEL must be one of debug, info, warn, error',
        '  - RUN_LEASE_MS must be a whole number from 1 to 86400000 (ms)',
        '  - DATABASE_URL names an sslrootcert file that does not exist',
        '',
      ].join('\n'),
    );
  });

  it('starts when it is right, and shows no secret when the whole of it is printed', async () => {
    const { code, stdout, stderr } = await runMain({
      HTTP_PORT: '0',
      NATS_URL: 'nats://127.0.0.1:1',
      NATS_NKEY_FILE: import.meta.filename,
      DATABASE_URL: 'postgresql://h/d',
      INTERNAL_JWKS_FILE: import.meta.filename,
      INTERNAL_ISSUER: 'https://enishi.invalid/development',
      RUN_LEASE_MS: '5',
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('"NATS_NKEY_FILE":"[secret]"');
  });
});
