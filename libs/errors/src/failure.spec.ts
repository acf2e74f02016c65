import { createEnrolmentCode, enrolTerminal, REQUESTS, ROUTES } from '@enishi/contracts';
import { describe, expect, it } from '@jest/globals';
import { AppError } from './app-error.js';
import { failure } from './failure.js';
import { httpStatusOf } from './http-status.js';
import { asAppError, PLATFORM_ERRORS, type PlatformReason, platformError } from './platform.js';

describe('a declared failure', () => {
  it('has the owner in its code and the kind of its contract', () => {
    const error = failure(enrolTerminal, 'mac_wrong', 'The code does not fit.', { cause: 'why', place: 'request.mac' });
    expect(error).toBeInstanceOf(AppError);
    expect(error).toMatchObject({
      code: 'command-dispatcher.mac_wrong',
      kind: 'denied',
      message: 'The code does not fit.',
      place: 'request.mac',
      cause: 'why',
    });
  });

  it('is the same for routes', () => {
    expect(failure(createEnrolmentCode, 'too_many_codes', 'Ten are open.').code).toBe('command-dispatcher.too_many_codes');
  });

  it('refuses a reason that is not declared, in types and when it runs', () => {
    // @ts-expect-error the contract declares no such reason
    expect(() => failure(enrolTerminal, 'unheard_of', '')).toThrow(TypeError);
    // @ts-expect-error nor one of every object
    expect(() => failure(enrolTerminal, 'toString', '')).toThrow(TypeError);
  });
});

describe('the HTTP status of an error', () => {
  it.each([
    ['invalid', 400],
    ['denied', 403],
    ['missing', 404],
    ['conflict', 409],
    ['busy', 503],
    ['broken', 500],
  ] as const)('of kind %s is %i', (kind, status) => {
    expect(httpStatusOf(new AppError('parser.some_reason', kind, ''))).toBe(status);
  });

  it('is 401 for a token that is not valid, 403 for a missing scope, 413 for too large', () => {
    expect(httpStatusOf(platformError('token_not_valid', ''))).toBe(401);
    expect(httpStatusOf(platformError('scope_missing', ''))).toBe(403);
    expect(httpStatusOf(platformError('too_large', ''))).toBe(413);
  });
});

describe('the table of platform errors', () => {
  it('makes an error of every reason', () => {
    for (const [reason, { kind }] of Object.entries(PLATFORM_ERRORS))
      expect(platformError(reason as PlatformReason, 'plain words')).toMatchObject({ code: `platform.${reason}`, kind });
  });

  it('shares no code with a contract', () => {
    for (const { owner } of [...REQUESTS, ...ROUTES]) expect(owner).not.toBe('platform');
  });

  it('takes what is no AppError as broken, and keeps it as the cause', () => {
    const thrown = new RangeError('x');
    expect(asAppError(thrown)).toMatchObject({ code: 'platform.broken', kind: 'broken', cause: thrown });
    const known = platformError('not_found', 'none');
    expect(asAppError(known)).toBe(known);
  });
});
