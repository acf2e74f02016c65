import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import {
  directoryPath,
  durationMs,
  durationSeconds,
  filePath,
  flag,
  host,
  integer,
  MAX_SECRET_BYTES,
  oneOf,
  port,
  secretFile,
  url,
  word,
} from './fields.js';
import { ConfigError, readConfig } from './read-config.js';
import { Secret } from './secret.js';
import { serviceConfig } from './service-config.js';

let dir: string;
const at = (name: string) => join(dir, name);
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'enishi-config-'));
  writeFileSync(at('key'), '  s3cr3t-seed\n');
  writeFileSync(at('empty'), '\n');
  writeFileSync(at('large'), 'x'.repeat(MAX_SECRET_BYTES + 1));
  writeFileSync(at('jwks'), '{"keys":[]}');
});
afterAll(() => rmSync(dir, { recursive: true }));

function problemsOf(schema: z.ZodObject, env: Record<string, string>): readonly string[] {
  try {
    readConfig(schema, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('a configuration', () => {
  const schema = z.object({
    PORT: port().describe('p'),
    MODE: oneOf(['fast', 'safe']).default('safe').describe('m'),
    WAIT_MS: durationMs({ max: 5_000 }).optional().describe('w'),
  });

  it('is typed, with its defaults, and takes nothing else from the environment', () => {
    const config: { PORT: number; MODE: 'fast' | 'safe'; WAIT_MS?: number | undefined } = readConfig(schema, {
      PORT: '8080',
      PATH: '/bin',
    });
    expect(config).toEqual({ PORT: 8080, MODE: 'safe' });
  });

  it('takes a variable that is set to nothing as not set', () => {
    expect(readConfig(schema, { PORT: '1', MODE: '', WAIT_MS: '' })).toEqual({ PORT: 1, MODE: 'safe' });
    expect(problemsOf(schema, { PORT: '' })).toEqual(['PORT is not set']);
  });

  it('tells all its problems at once, by key', () => {
    expect(problemsOf(schema, { MODE: 'quick', WAIT_MS: '5001' })).toEqual([
      'PORT is not set',
      'MODE must be one of fast, safe',
      'WAIT_MS must be a whole number from 1 to 5000 (ms)',
    ]);
  });

  it('never repeats a value in its problems', () => {
    const all = z.object({
      A: port(),
      B: url({ schemes: ['https'] }),
      C: flag(),
      D: oneOf(['x']),
      E: host(),
      F: filePath(),
      G: secretFile(),
      H: word({ max: 3 }),
      I: directoryPath(),
    });
    fc.assert(
      fc.property(fc.stringMatching(/^canary [!-~]{8,20}$/), (value) => {
        const env = Object.fromEntries(Object.keys(all.shape).map((key) => [key, value]));
        const problems = problemsOf(all, env);
        expect(problems).toHaveLength(9);
        expect(problems.join('\n')).not.toContain('canary');
      }),
    );
  });
});

describe('the kinds of setting', () => {
  const good: [string, z.ZodType, string, unknown][] = [
    ['a port', port(), '65535', 65_535],
    ['port 0: any', port(), '0', 0],
    ['a duration', durationMs(), '86400000', 86_400_000],
    ['a duration in seconds', durationSeconds({ max: 60 }), '60', 60],
    ['a flag', flag(), 'false', false],
    ['a negative whole number', integer({ min: -5, max: 5 }), '-5', -5],
    ['a URL as written', url({ schemes: ['postgresql'] }), 'postgresql://u:p@h:1/d', 'postgresql://u:p@h:1/d'],
    ['an address', host(), '::1', '::1'],
    ['a word', word({ pattern: /^[a-z]+$/ }), 'abc', 'abc'],
  ];
  it.each(good)('take %s', (_, field, text, value) => {
    expect(readConfig(z.object({ K: field }), { K: text })).toEqual({ K: value });
  });

  const bad: [string, z.ZodType, string, string][] = [
    ['a port that is too high', port(), '65536', 'must be a whole number from 0 to 65535'],
    ['a port with a sign', port(), '-1', 'must be a whole number from 0 to 65535'],
    ['a fraction', port(), '80.5', 'must be a whole number from 0 to 65535'],
    ['an exponent', port(), '1e3', 'must be a whole number from 0 to 65535'],
    ['a hexadecimal number', port(), '0x10', 'must be a whole number from 0 to 65535'],
    ['a number with a space', port(), ' 80', 'must be a whole number from 0 to 65535'],
    ['a flag by another word', flag(), 'yes', 'must be true or false'],
    ['a URL of another scheme', url({ schemes: ['https', 'wss'] }), 'http://x', 'must be a URL with https:// or wss://'],
    ['a URL without host', url({ schemes: ['nats'] }), 'nats:', 'must be a URL with nats://'],
    ['a host with a path', host(), 'a/b', 'must be a host name or an IP address'],
    ['a word that does not fit', word({ pattern: /^[a-z]+$/ }), 'A', 'must fit ^[a-z]+$ and be 200 characters at most'],
    ['a path of no file', filePath(), '/nowhere/at/all', 'names a file that does not exist'],
    ['a path of a directory', filePath(), tmpdir(), 'must name a file'],
    ['a path of no directory', directoryPath(), '/nowhere/at/all', 'names a directory that does not exist'],
  ];
  it.each(bad)('refuse %s', (_, field, text, problem) => {
    expect(problemsOf(z.object({ K: field }), { K: text })).toEqual([`K ${problem}`]);
  });

  it('take any whole number within bounds and refuse any other text', () => {
    const schema = z.object({ K: integer({ min: -1_000, max: 1_000 }) });
    fc.assert(
      fc.property(fc.integer({ min: -5_000, max: 5_000 }), (number) => {
        const within = number >= -1_000 && number <= 1_000;
        expect(problemsOf(schema, { K: String(number) })).toHaveLength(within ? 0 : 1);
      }),
    );
    fc.assert(
      fc.property(
        fc.string({ minLength: 1 }).filter((text) => !/^-?\d+$/.test(text)),
        (text) => expect(problemsOf(schema, { K: text })).toHaveLength(1),
      ),
    );
  });
});

describe('a secret file', () => {
  const schema = z.object({ K: secretFile() });

  it('is read, and its text can only be had by asking', () => {
    const { K: secret } = readConfig(schema, { K: at('key') });
    expect(secret).toBeInstanceOf(Secret);
    expect(secret.reveal()).toBe('s3cr3t-seed');
    for (const shown of [
      String(secret),
      `${JSON.stringify({ secret })}`,
      inspect({ secret }, { showHidden: true, depth: 9 }),
      Object.values(secret).join(),
    ])
      expect(shown).not.toContain('s3cr3t');
  });

  it('is followed: another text is the secret at once, and a file without text leaves the last one in force', () => {
    const file = at('rotated');
    const put = (text: string) => {
      writeFileSync(`${file}.new`, text);
      renameSync(`${file}.new`, file);
    };
    put('first\n');
    const { K: secret } = readConfig(schema, { K: file });
    put('second\n');
    expect(secret.reveal()).toBe('second');
    for (const nothing of ['', ' \n', 'x'.repeat(MAX_SECRET_BYTES + 1)]) {
      put(nothing);
      expect(secret.reveal()).toBe('second');
    }
    rmSync(file);
    expect(secret.reveal()).toBe('second');
    put('third');
    expect(secret.reveal()).toBe('third');
  });

  it('is refused when it is empty, too large, or not there', () => {
    expect(problemsOf(schema, { K: at('empty') })).toEqual(['K names an empty file']);
    expect(problemsOf(schema, { K: at('large') })).toEqual(['K names a file that is larger than 64 KiB']);
    expect(problemsOf(schema, { K: at('none') })).toEqual(['K names a file that does not exist']);
  });
});

describe('the configuration of a service', () => {
  const schema = serviceConfig({ RUN_LEASE_MS: durationMs().default(10_000).describe('Lease') });
  const whole = () => ({
    HTTP_PORT: '0',
    NATS_URL: 'nats://127.0.0.1:4222',
    NATS_NKEY_FILE: at('key'),
    DATABASE_URL: 'postgresql://parser:pw@127.0.0.1:5432/enishi',
    INTERNAL_JWKS_FILE: at('jwks'),
    INTERNAL_ISSUER: 'https://enishi.invalid/development',
  });

  it('has the fields of every service and its own', () => {
    const config = readConfig(schema, whole());
    const port: number = config.HTTP_PORT;
    const lease: number = config.RUN_LEASE_MS;
    expect({ port, lease }).toEqual({ port: 0, lease: 10_000 });
    expect(config).toMatchObject({ HTTP_HOST: '127.0.0.1', INTERNAL_TOKEN_MAX_SECONDS: 60, LOG_LEVEL: 'info' });
  });

  it('asks for both TLS files or none, and says so beside its other problems', () => {
    const { HTTP_PORT: _, ...rest } = whole();
    expect(problemsOf(schema, { ...rest, HTTP_TLS_CERT_FILE: at('jwks') })).toEqual([
      'HTTP_PORT is not set',
      'HTTP_TLS_KEY_FILE must be set when the other of the pair is',
    ]);
    expect(problemsOf(schema, { ...whole(), HTTP_TLS_KEY_FILE: at('jwks') })).toEqual([
      'HTTP_TLS_CERT_FILE must be set when the other of the pair is',
    ]);
    expect(problemsOf(schema, { ...whole(), HTTP_TLS_KEY_FILE: at('jwks'), HTTP_TLS_CERT_FILE: at('jwks') })).toEqual([]);
  });

  it("takes the database's password from the URL or from a file, never from both", () => {
    const told = 'DATABASE_PASSWORD_FILE is set, and DATABASE_URL holds a password too: leave one of them out';
    const { HTTP_PORT: _, ...rest } = whole();
    expect(problemsOf(schema, { ...rest, DATABASE_PASSWORD_FILE: at('key') })).toEqual(['HTTP_PORT is not set', told]);
    const inQuery = 'postgresql://parser@h/enishi?password=pw';
    expect(problemsOf(schema, { ...whole(), DATABASE_URL: inQuery, DATABASE_PASSWORD_FILE: at('key') })).toEqual([told]);
    const { DATABASE_PASSWORD_FILE: password } = readConfig(schema, {
      ...whole(),
      DATABASE_URL: 'postgresql://parser@h/enishi?sslmode=verify-full',
      DATABASE_PASSWORD_FILE: at('key'),
    });
    expect(password?.reveal()).toBe('s3cr3t-seed');
  });

  it('asks for the files that the URL of the database names, and tells no path', () => {
    const { HTTP_PORT: _, ...rest } = whole();
    const url = (query: Record<string, string>) => `postgresql://parser@h/enishi?sslmode=verify-full&${new URLSearchParams(query)}`;
    expect(problemsOf(schema, { ...rest, DATABASE_URL: url({ sslrootcert: at('none') }) })).toEqual([
      'HTTP_PORT is not set',
      'DATABASE_URL names an sslrootcert file that does not exist',
    ]);
    expect(problemsOf(schema, { ...whole(), DATABASE_URL: url({ sslrootcert: `${at('key')}/below` }) })).toEqual([
      'DATABASE_URL names an sslrootcert file that cannot be read',
    ]);
    expect(problemsOf(schema, { ...whole(), DATABASE_URL: url({ sslrootcert: dir }) })).toEqual([
      'DATABASE_URL must name an sslrootcert file',
    ]);
    expect(problemsOf(schema, { ...whole(), DATABASE_URL: url({ sslcert: at('none'), sslkey: at('none') }) })).toEqual([
      'DATABASE_URL names an sslcert file that does not exist',
      'DATABASE_URL names an sslkey file that does not exist',
    ]);
    expect(problemsOf(schema, { ...whole(), DATABASE_URL: url({ sslrootcert: at('key') }) })).toEqual([]);
  });

  it('trusts no issuer that is not https', () => {
    expect(problemsOf(schema, { ...whole(), INTERNAL_ISSUER: 'http://x' })).toEqual(['INTERNAL_ISSUER must be a URL with https://']);
  });
});
