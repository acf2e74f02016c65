import type { RouteContract } from '@enishi/contracts';
import { AppError, asAppError, PLATFORM_ERRORS, platformError } from '@enishi/errors';
import { HttpException } from '@nestjs/common';

/** Fastify's own refusals (FST_ERR_*), as ours. The message of a thrown one may repeat input, so none is passed on. */
const FASTIFY_ERRORS: Readonly<Record<string, () => AppError>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: () => platformError('too_large', 'The body is larger than this door takes.', { place: 'body' }),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: () =>
    platformError('input_not_valid', 'body: its length is not what Content-Length says', { place: 'header.content-length' }),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: () =>
    platformError('input_not_valid', 'header.content-type: must be application/json', { place: 'header.content-type' }),
  FST_ERR_CTP_EMPTY_TYPE: () =>
    platformError('input_not_valid', 'header.content-type: must be application/json', { place: 'header.content-type' }),
  FST_ERR_BAD_URL: () => platformError('input_not_valid', 'path: is not a valid path', { place: 'path' }),
  FST_ERR_MAX_PARAM_LENGTH: () => platformError('input_not_valid', 'path: a part of it is too long', { place: 'path' }),
};

/** Whatever was thrown on the way to, in, or after a handler, as the error that may leave the door. */
export function mapError(thrown: unknown, contract: RouteContract | undefined): AppError {
  if (thrown instanceof AppError) return contract === undefined ? thrown : asDeclared(thrown, contract);
  // Nest wraps what Fastify throws.
  const fault = thrown instanceof HttpException ? (thrown.cause ?? thrown) : thrown;
  const code = (fault as { code?: unknown } | null)?.code;
  if (typeof code === 'string' && Object.hasOwn(FASTIFY_ERRORS, code)) return (FASTIFY_ERRORS[code] as () => AppError)();
  const status = thrown instanceof HttpException ? thrown.getStatus() : (thrown as { statusCode?: unknown } | null)?.statusCode;
  if (status === 404) return platformError('not_found', 'There is no such operation.', { place: 'path' });
  // The request ended before its body did, or was not HTTP: nobody may be there to read this.
  if (status === 400) return platformError('input_not_valid', 'request: cannot be read', { place: 'request', cause: thrown });
  return asAppError(thrown);
}

/**
 * A door answers only with what its contract declares, or with a platform code: else the document would lie, and codes of
 * services further in would become part of this one's interface.
 */
function asDeclared(error: AppError, contract: RouteContract): AppError {
  const dot = error.code.indexOf('.');
  const owner = error.code.slice(0, dot);
  const reason = error.code.slice(dot + 1);
  if (Object.hasOwn(owner === 'platform' ? PLATFORM_ERRORS : owner === contract.owner ? contract.errors : {}, reason)) return error;
  return error.kind === 'busy'
    ? platformError('not_available', 'Something that this needs is away for the moment.', { cause: error })
    : platformError('broken', 'Something broke.', { cause: error });
}
