import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AppError } from './app-error.js';
import { platformError } from './platform.js';
import { fromWire, MAX_MESSAGE_CHARS, toWire, WireError } from './wire.js';

const CANARY = 'canary-71c2e0';
const code = fc.stringMatching(/^[a-z][a-z0-9-]{0,30}\.[a-z][a-z0-9_]{0,30}$/);
const speakingKind = fc.constantFrom('invalid', 'denied', 'missing', 'conflict', 'busy');
const place = fc.option(fc.string({ maxLength: 300 }), { nil: undefined });

describe('an error on the wire', () => {
  it('comes back with the same code, kind, message and place, through JSON', () => {
    fc.assert(
      fc.property(code, speakingKind, fc.string({ maxLength: MAX_MESSAGE_CHARS }), place, (code, kind, message, place) => {
        const sent = new AppError(code, kind, message, { cause: new Error(CANARY), ...(place === undefined ? {} : { place }) });
        const { code: c, kind: k, message: m, place: p } = fromWire(JSON.parse(JSON.stringify(toWire(sent))));
        expect({ c, k, m, p }).toEqual({ c: code, k: kind, m: message, p: place });
      }),
    );
  });

  it('never carries message, place, cause or stack of a broken one', () => {
    fc.assert(
      fc.property(code, (code) => {
        const sent = new AppError(code, 'broken', `dsn ${CANARY}`, { place: CANARY, cause: new Error(CANARY) });
        const wire = JSON.stringify(toWire(sent));
        expect(wire).not.toContain(CANARY);
        expect(fromWire(JSON.parse(wire))).toMatchObject({ code, kind: 'broken', place: undefined });
      }),
    );
  });

  it('withholds the message of a broken one that another sender failed to withhold', () => {
    expect(fromWire({ code: 'parser.x', kind: 'broken', message: CANARY, place: CANARY })).toMatchObject({ place: undefined });
    expect(fromWire({ code: 'parser.x', kind: 'broken', message: CANARY }).message).not.toContain(CANARY);
  });

  it('never carries a cause, whatever was thrown', () => {
    fc.assert(
      fc.property(fc.anything(), (thrown) => {
        const wire = toWire(thrown);
        expect(WireError.safeParse(JSON.parse(JSON.stringify(wire))).success).toBe(true);
        expect(wire.code).toBe('platform.broken');
      }),
    );
    expect(JSON.stringify(toWire(platformError('timed_out', 'late', { cause: new Error(CANARY) })))).not.toContain(CANARY);
  });

  it('is platform.broken when it cannot be read', () => {
    fc.assert(
      fc.property(fc.anything(), (json) => {
        fc.pre(!WireError.safeParse(json).success);
        expect(fromWire(json)).toMatchObject({ code: 'platform.broken', kind: 'broken' });
      }),
    );
    expect(fromWire({ code: 'no dot', kind: 'invalid', message: '' }).code).toBe('platform.broken');
    expect(fromWire({ code: 'a.b', kind: 'strange', message: '' }).code).toBe('platform.broken');
  });

  it('has a message of 2,000 characters at most', () => {
    expect(toWire(platformError('not_found', 'x'.repeat(5_000))).message).toHaveLength(MAX_MESSAGE_CHARS);
  });
});
