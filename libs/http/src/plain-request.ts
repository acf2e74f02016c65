import { platformError } from '@enishi/errors';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** One or more segments of unreserved characters (RFC 3986, section 2.3): all that the contracts' paths and ids are made of. */
const PLAIN_PATH = /^(?:\/[A-Za-z0-9._~-]+)+$/;
const DOT_SEGMENT = /\/\.{1,2}(?:\/|$)/;

/**
 * Refuses a request that a proxy in front may have read otherwise than we would: two Host headers or none, two
 * Authorization headers, or a path that has
 * another spelling (`/%6detrics`, `//metrics`, `/metrics/`, `/v1/../metrics`, `/metrics;x`, an absolute URL). What a
 * gateway keeps from the outside by its path is then not reached by a second name of it.
 */
export function takeOnlyPlain(server: FastifyInstance): void {
  server.addHook('onRequest', (request, _reply, done) => {
    const [path = ''] = (request.raw.url ?? '').split('?', 1);
    if (!PLAIN_PATH.test(path) || DOT_SEGMENT.test(path)) {
      done(platformError('input_not_valid', 'path: must be spelt plainly, without encoding, empty or dot segments', { place: 'path' }));
    } else if (times(request, 'host') !== 1) {
      // RFC 9112, section 3.2.
      done(platformError('input_not_valid', 'header.host: must be given once', { place: 'header.host' }));
    } else if (times(request, 'authorization') > 1) {
      done(platformError('input_not_valid', 'header.authorization: must be given once', { place: 'header.authorization' }));
    } else done();
  });
}

function times({ raw }: FastifyRequest, header: string): number {
  return raw.rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === header).length;
}
