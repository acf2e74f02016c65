import { connect, type Socket } from 'node:net';
import { PLATFORM_ERRORS } from '@enishi/errors';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Door, openDoor } from '../test/door.fixture.js';

let door: Door;
beforeAll(async () => {
  door = await openDoor({ limits: { headersMs: 1_000, requestMs: 1_000, handlerMs: 300 } });
});
afterAll(() => door.close());

interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly headers: Headers;
  readonly body: Record<string, unknown> & { code?: string };
}

async function ask(method: string, path: string, body?: string | Uint8Array<ArrayBuffer>, type = 'application/json'): Promise<Answer> {
  const response = await fetch(`${door.service.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${door.token()}`, ...(body === undefined ? {} : { 'content-type': type }) },
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    headers: response.headers,
    body: text === '' ? {} : JSON.parse(text),
  };
}

/** Sends bytes as they are and gives what comes back until the other side closes. */
function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let got = '';
    const socket: Socket = connect(door.service.port, '127.0.0.1', () => socket.write(text));
    socket.setEncoding('utf8');
    socket.on('data', (part: string) => {
      got += part;
    });
    socket.on('close', () => resolve(got));
    socket.on('error', reject);
  });
}

describe('a route', () => {
  it('answers with its status and what its contract says', async () => {
    expect(await ask('POST', '/v1/things', '{"label":"縁"}')).toMatchObject({ status: 201, body: { label: '縁' } });
    expect(await ask('PUT', '/v1/things/abc', '{"label":"x"}')).toMatchObject({ status: 200, body: { limit: 100 } });
    expect(await ask('DELETE', '/v1/things/abc')).toMatchObject({ status: 204, body: {} });
  });

  it('lets nothing be cached or sniffed', async () => {
    const { headers } = await ask('POST', '/v1/things', '{"label":"x"}');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    const refused = await ask('GET', '/v1/nothing');
    expect(refused.headers.get('cache-control')).toBe('no-store');
  });
});

describe('input that is not valid', () => {
  const cases: [string, string, string, string | undefined, string][] = [
    ['an unknown query key', 'PUT', '/v1/things/abc?colour=red', '{"label":"x"}', 'query.colour'],
    ['an unknown body key', 'PUT', '/v1/things/abc', '{"label":"x","colour":"red"}', 'body.colour'],
    ['a query value out of bounds', 'PUT', '/v1/things/abc?limit=501', '{"label":"x"}', 'query.limit'],
    ['a query value of another form', 'PUT', '/v1/things/abc?limit=ten', '{"label":"x"}', 'query.limit'],
    ['a query key that comes twice', 'PUT', '/v1/things/abc?limit=1&limit=2', '{"label":"x"}', 'query.limit'],
    ['a path parameter of another form', 'PUT', '/v1/things/ABC', '{"label":"x"}', 'params.thingId'],
    ['a body value of another type', 'PUT', '/v1/things/abc', '{"label":5}', 'body.label'],
    ['a missing body', 'PUT', '/v1/things/abc', undefined, 'body'],
    ['an empty body', 'PUT', '/v1/things/abc', '', 'body'],
    ['a body that is a list', 'PUT', '/v1/things/abc', '[]', 'body'],
    ['a body where none belongs', 'DELETE', '/v1/things/abc', '{}', 'body'],
    ['malformed JSON', 'PUT', '/v1/things/abc', '{"label":"canary" oops}', 'body'],
    ['a body that reaches for the prototype', 'PUT', '/v1/things/abc', '{"label":"x","__proto__":{"admin":true}}', 'body'],
    ['a path that cannot be decoded', 'GET', '/v1/failures/%zz', undefined, 'path'],
    ['a path parameter that is too long', 'GET', `/v1/failures/${'a'.repeat(121)}`, undefined, 'path'],
  ];
  it.each(cases)('is refused with its place: %s', async (_, method, path, body, place) => {
    const answer = await ask(method, path, body);
    expect(answer).toMatchObject({
      status: 400,
      type: 'application/problem+json; charset=utf-8',
      body: { type: 'about:blank', title: 'Bad Request', status: 400, code: 'platform.input_not_valid', place },
    });
    expect(JSON.stringify(answer.body)).not.toContain('canary');
  });

  it('is refused with the line and column where JSON ends to be JSON', async () => {
    const { body } = await ask('PUT', '/v1/things/abc', '{"label":\n "x" oops}');
    expect(body['detail']).toBe('body: is not JSON (line 2, column 6)');
  });

  it('is refused when it is no JSON by its type or its bytes', async () => {
    expect(await ask('PUT', '/v1/things/abc', 'label=x', 'application/x-www-form-urlencoded')).toMatchObject({
      status: 400,
      body: { code: 'platform.input_not_valid', place: 'header.content-type' },
    });
    const latin1 = new Uint8Array(Buffer.from('{"label":"é"}', 'latin1'));
    expect(await ask('PUT', '/v1/things/abc', latin1)).toMatchObject({ status: 400, body: { detail: 'body: is not UTF-8' } });
  });

  it('is refused with 413 above 64 KiB, by its announced or by its real length', async () => {
    const body = (bytes: number) => JSON.stringify({ label: 'x'.repeat(bytes - 12) });
    expect(await ask('POST', '/v1/things', body(65_536))).toMatchObject({ status: 201 });
    expect(await ask('POST', '/v1/things', body(65_537))).toMatchObject({
      status: 413,
      body: { code: 'platform.too_large', place: 'body' },
    });
    const chunked = await raw(
      `POST /v1/things HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${door.token()}\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n${(66_000).toString(16)}\r\n${'x'.repeat(66_000)}\r\n0\r\n\r\n`,
    );
    expect(chunked).toMatch(/^HTTP\/1\.1 413 /);
    expect(chunked).toContain('platform.too_large');
  });
});

describe('what is no request of ours', () => {
  it('is 404 with the platform code: unknown path, wrong method, HEAD of a GET', async () => {
    expect(await ask('GET', '/v1/nothing')).toMatchObject({ status: 404, body: { code: 'platform.not_found', place: 'path' } });
    expect(await ask('PUT', '/v1/things', '{}')).toMatchObject({ status: 404, body: { code: 'platform.not_found' } });
    expect((await fetch(`${door.service.url}/v1/failures/declared`, { method: 'HEAD' })).status).toBe(404);
  });

  it('is refused as a problem even when it is not HTTP', async () => {
    expect(await raw('NOT HTTP AT ALL\r\n\r\n')).toMatch(
      /^HTTP\/1\.1 400 Bad Request\r\ncontent-type: application\/problem\+json[\s\S]*platform\.input_not_valid/,
    );
  });

  it('is refused with 431 when its headers are larger than 16 KiB', async () => {
    const answer = await raw(`GET /livez HTTP/1.1\r\nhost: x\r\nx-filler: ${'a'.repeat(17_000)}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 431 [\s\S]*platform\.too_large/);
  });

  it('is cut off when it does not come in time', async () => {
    expect(await raw('GET /livez HTTP/1.1\r\nhost: x\r\n')).toMatch(/^HTTP\/1\.1 408 [\s\S]*platform\.timed_out/);
  });
});

describe('a handler that fails', () => {
  it('answers with the code that the contract declares', async () => {
    expect(await ask('GET', '/v1/failures/declared')).toMatchObject({
      status: 404,
      type: 'application/problem+json; charset=utf-8',
      body: { code: 'parser.thing_unknown', place: 'params.how', detail: 'There is no such thing.' },
    });
    expect(await ask('PUT', '/v1/things/taken', '{"label":"x"}')).toMatchObject({ status: 409, body: { code: 'parser.thing_taken' } });
  });

  it.each(['unknown', 'foreign', 'output'])('is broken, with nothing of it told outside: %s', async (how) => {
    const answer = await ask('GET', `/v1/failures/${how}`);
    expect(answer).toMatchObject({ status: 500, body: { code: 'platform.broken', title: 'Internal Server Error' } });
    expect(JSON.stringify(answer.body)).not.toContain('canary');
    expect(door.logged.some((line) => line.includes('"operation":"failThing"') && line.includes('"level":"error"'))).toBe(true);
  });

  it('is busy when what it asked was', async () => {
    expect(await ask('GET', '/v1/failures/foreign-busy')).toMatchObject({ status: 503, body: { code: 'platform.not_available' } });
    expect((await ask('GET', '/v1/failures/foreign-busy')).headers.get('retry-after')).toBe('1');
  });

  it('is timed out when it does not answer', async () => {
    expect(await ask('GET', '/v1/failures/never')).toMatchObject({ status: 503, body: { code: 'platform.timed_out' } });
  });

  it('answers only with codes of its contract or the platform', async () => {
    for (const how of ['declared', 'unknown', 'foreign', 'output', 'foreign-busy', 'never']) {
      const { body } = await ask('GET', `/v1/failures/${how}`);
      expect(['parser.thing_unknown', ...Object.keys(PLATFORM_ERRORS).map((reason) => `platform.${reason}`)]).toContain(body.code);
    }
  });
});
