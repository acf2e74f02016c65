import { connect } from 'node:net';
import type { AppError } from '@enishi/errors';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fastify from 'fastify';
import { takeOnlyPlain } from './plain-request.js';

const server = fastify();
let port: number;
beforeAll(async () => {
  takeOnlyPlain(server);
  server.setErrorHandler((error: AppError, _request, reply) => reply.code(400).send({ code: error.code, place: error.place }));
  server.get('/*', () => 'served');
  port = Number(new URL(await server.listen({ host: '127.0.0.1', port: 0 })).port);
});
afterAll(() => server.close());

/** The body of the answer to these very bytes. */
function ask(target: string, ...headers: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    let got = '';
    const socket = connect(port, '127.0.0.1');
    socket.setEncoding('utf8').on('data', (part: string) => {
      got += part;
    });
    // The server answers at once or not at all.
    socket.setTimeout(3_000, () => socket.destroy(new Error('no answer')));
    socket.on('error', reject).on('close', () => resolve(got.split('\r\n\r\n').at(-1) ?? ''));
    socket.write([`GET ${target} HTTP/1.1`, 'Connection: close', ...headers, '', ''].join('\r\n'));
  });
}
const refused = (place: string) => JSON.stringify({ code: 'platform.input_not_valid', place });

describe('a request', () => {
  it.each(['/metrics', '/v1/accounts/acc_1.~-/transactions', '/a?b=%6d/../c', '/...', '/.well-known', '/a/..b', '/a/b.'])(
    'that is spelt plainly is served: %s',
    async (target) => expect(await ask(target, 'Host: one.example')).toBe('served'),
  );

  it.each([
    '/',
    '//a',
    '/a/',
    '/a//b',
    '/./a',
    '/a/.',
    '/../a',
    '/a/../b',
    '/a/..',
    '/%61',
    '/a;b',
    '/a\\b',
    'http://one.example/a',
    '/.?x',
  ])('with another spelling of a path is refused: %s', async (target) =>
    expect(await ask(target, 'Host: one.example')).toBe(refused('path')),
  );

  it('that bears two tokens is refused', async () => {
    expect(await ask('/a', 'Host: one.example', 'Authorization: Bearer a', 'authorization: Bearer b')).toBe(
      refused('header.authorization'),
    );
  });

  it('that names two hosts is refused, in whatever case; a value of another header is no host', async () => {
    expect(await ask('/a', 'Host: one.example', 'hOST: one.example')).toBe(refused('header.host'));
    expect(await ask('/a', 'Host: one.example', 'X-Forwarded: host', 'X-Other: Host')).toBe('served');
  });
});
