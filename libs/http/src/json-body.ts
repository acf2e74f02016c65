import { isUtf8 } from 'node:buffer';
import { platformError } from '@enishi/errors';
import type { FastifyInstance } from 'fastify';

/** JSON in UTF-8 (RFC 8259) is the only body that a door takes. */
export function takeOnlyJson(server: FastifyInstance): void {
  const parseJson = server.getDefaultJsonParser('error', 'error');
  server.removeAllContentTypeParsers();
  server.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    if (body.length === 0) return done(null, undefined);
    if (!isUtf8(body)) return done(platformError('input_not_valid', 'body: is not UTF-8', { place: 'body' }));
    const text = body.toString('utf8');
    void parseJson(request, text, (error, value) => {
      if (error === null) done(null, value);
      else done(platformError('input_not_valid', `body: is not JSON${whereOf(text)}`, { place: 'body' }));
    });
  });
}

/** Where JSON stops being JSON. The engine's own message repeats the text around it, so only the place is taken. */
function whereOf(text: string): string {
  try {
    JSON.parse(text);
    return '';
  } catch (error) {
    const position = /position (\d+)/.exec((error as Error).message)?.[1];
    if (position === undefined) return '';
    const before = text.slice(0, Number(position)).split('\n');
    return ` (line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1})`;
  }
}
