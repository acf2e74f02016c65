import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createLogger } from './logger.js';
import { startTelemetry } from './start-telemetry.js';
import { currentTraceId, withSpan } from './with-span.js';

const lines: string[] = [];
beforeEach(() => void lines.splice(0));
const log = createLogger('parser', 'info', { write: (line) => lines.push(line) });
const last = () => JSON.parse(lines.at(-1) ?? '{}') as Record<string, unknown>;

describe('a log line', () => {
  it('is JSON with time, level, service and fields', () => {
    log.info({ runId: 'run_1', rows: 3n, at: new Date(0) }, 'read');
    expect(last()).toMatchObject({
      level: 'info',
      service: 'parser',
      msg: 'read',
      runId: 'run_1',
      rows: '3',
      at: '1970-01-01T00:00:00.000Z',
    });
    expect(last()['time']).toMatch(/^\d{4}-\d\d-\d\dT/);
  });

  it('has the ids of the active span', async () => {
    startTelemetry({ serviceName: 'parser' });
    let traceId: string | undefined;
    await withSpan('work', {}, async () => {
      traceId = currentTraceId();
      log.info('within');
    });
    expect(last()).toMatchObject({ trace_id: traceId, span_id: expect.stringMatching(/^[0-9a-f]{16}$/) });
    log.info('outside');
    expect(last()).not.toHaveProperty('trace_id');
  });

  it('is left out below the level', () => {
    log.debug('quiet');
    expect(lines).toEqual([]);
  });

  it('tells an error with its code, place and causes', () => {
    const cause = new RangeError('inner');
    log.error({ err: Object.assign(new Error('outer', { cause }), { code: 'parser.x', kind: 'broken', place: 'body' }) }, 'broke');
    expect(last()['err']).toMatchObject({
      type: 'Error',
      message: 'outer',
      code: 'parser.x',
      place: 'body',
      cause: { type: 'RangeError', message: 'inner' },
      stack: expect.stringContaining('logger.spec'),
    });
  });

  it('has the fields of its child logger', () => {
    log.child({ runId: 'run_1', password: 'canary' }).info('x');
    expect(last()).toMatchObject({ runId: 'run_1', password: '[redacted]' });
  });
});

describe('canary secrets', () => {
  const CANARY = 'c4n4ry-s3cr3t-value';
  const fields = [
    'password',
    'passcode',
    'clientSecret',
    'secret',
    'token',
    'accessToken',
    'refresh_token',
    'authorization',
    'cookie',
    'set-cookie',
    'credentials',
    'privateJwk',
    'private_key',
    'd',
    'jwe',
    'jws',
    'jwt',
    'body',
    'html',
    'payload',
    'form',
    'headers',
    'csv',
    'amount',
    'balance',
    'attributes',
    'DATABASE_URL',
    'secrets',
  ];
  it.each(fields)('are not printed from a field named %s, at any depth', (name) => {
    log.info({ [name]: CANARY }, 'top');
    log.info({ deep: { deeper: [{ [name]: { value: CANARY } }] } }, 'deep');
    log.error({ err: new Error('x', { cause: { [name]: CANARY } }) }, 'cause');
    expect(lines).toHaveLength(3);
    expect(lines.join('')).not.toContain(CANARY);
    expect(lines[0]).toContain('[redacted]');
  });

  const jwt = 'eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJl';
  const looks: [string, string, string][] = [
    ['a JWS', `got ${jwt} here`, 'eyJ'],
    ['a JWE', 'eyJhbGciOiJFQ0RILUVTIn0..aXY.Y2lwaGVy.dGFn', 'eyJ'],
    ['a handle', 'enishi_at_abcdefgh12345678', 'abcdefgh'],
    ['an enrolment code', 'code enishi_ec_QUJDREVGR0hJSktMTU5P!', 'QUJDREVG'],
    ['a bearer header', 'Authorization: Bearer abc.def-123', 'abc.def'],
    ['a basic header', 'basic dXNlcjpwYXNz', 'dXNlcjpw'],
    ['a URL with a password', 'postgresql://parser:hunter22@127.0.0.1:5432/x', 'hunter22'],
    ['a private key', '-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQ\n-----END PRIVATE KEY-----', 'MC4CAQ'],
    ['half of a private key', '-----BEGIN EC PRIVATE KEY-----\nMC4CAQAwBQ', 'MC4CAQ'],
    ['a private JWK', '{"kty":"OKP","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"}', 'nWGxne'],
    ['a password in a query', '/login?user=a&password=hunter22&x=1', 'hunter22'],
  ];
  it.each(looks)('are not printed when they look like %s, wherever they stand', (_, text, part) => {
    log.info(text);
    log.info({ note: text, list: [text], [text]: 1 }, 'field');
    log.error({ err: new Error(text) }, 'error');
    log.error({ err: new Error('outer', { cause: new AggregateError([new Error(text)], text) }) }, 'cause');
    expect(lines).toHaveLength(4);
    expect(lines.join('')).not.toContain(part);
  });

  it('are not printed from bytes, maps or sets', () => {
    log.info({ bytes: Buffer.from(CANARY), map: new Map([['x', CANARY]]), set: new Set([CANARY]) }, 'x');
    expect(last()).toMatchObject({ bytes: '[19 bytes]', map: '[1 entries]', set: '[1 entries]' });
  });

  it('leave what an operator needs: ids, versions, counts of tokens', () => {
    const useful = { tokenId: 'jti-1', token_use: 'access', credentialVersion: 'v2', runId: 'run_1', codeId: 'abc', page: 'menu' };
    log.info(useful, 'x');
    expect(last()).toMatchObject(useful);
  });
});

describe('whatever is logged', () => {
  it('becomes one line of JSON, and never throws', () => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true }), (value) => {
        lines.splice(0);
        log.info({ value, err: value }, 'any');
        expect(lines).toHaveLength(1);
        expect(JSON.parse(lines[0] as string)).toMatchObject({ msg: 'any' });
      }),
    );
  });

  it('is bounded: depth, items and characters', () => {
    const loop: Record<string, unknown> = {};
    loop['self'] = loop;
    log.info({ loop, many: Array.from({ length: 1_000 }, (_, i) => i), long: 'x'.repeat(100_000) }, 'x');
    expect(lines[0]?.length).toBeLessThan(6_000);
  });
});
