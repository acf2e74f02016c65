import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import { Connector } from './connector.js';
import { EVENTS, REQUESTS, ROUTES } from './generated/messages.js';
import { EventId, TransactionId } from './ids.js';
import { InternalTokenClaims } from './internal-token.js';
import * as sampleValues from './sample-values.js';
import { AgentFrame, RelayFrame } from './terminal/frames.js';
import { EnrolmentReceipt, EnrolmentRequest, KeyStatement, RootStatement, SessionProof } from './terminal/keys.js';
import { Order } from './terminal/order.js';
import { Result } from './terminal/result.js';
import { clip, Day, Moment, Text } from './values.js';

/** Strings as a hostile or broken sender writes them: any UTF-16 units, U+0000 and halves of pairs more often than by chance. */
const anyString = fc.string({
  unit: fc.oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    fc.constantFrom('\u0000', '\ud800', '\udfff', '\ud83d\ude00', '縁'),
  ),
  maxLength: 40,
});

const DOORS: readonly (readonly [string, z.ZodType])[] = [
  ...REQUESTS.flatMap(({ subject, input, output }) => [[`${subject} input`, input] as const, [`${subject} output`, output] as const]),
  ...EVENTS.map(({ subject, payload }) => [`${subject} payload`, payload] as const),
  ...ROUTES.flatMap(({ operationId, params, query, body, output }) =>
    Object.entries({ params, query, body, output }).map(([part, schema]) => [`${operationId} ${part}`, schema] as const),
  ),
  ...Object.entries({
    AgentFrame,
    RelayFrame,
    EnrolmentReceipt,
    EnrolmentRequest,
    KeyStatement,
    RootStatement,
    SessionProof,
    Order,
    Result,
    Connector,
    InternalTokenClaims,
  }),
];

/** Every schema of a string in `schema`, with its place. */
function stringsIn(schema: z.core.$ZodType, place: string): { place: string; schema: z.ZodType }[] {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case 'string':
      return [{ place, schema: schema as z.ZodType }];
    case 'object':
      return Object.entries(def.shape).flatMap(([key, inner]) => stringsIn(inner, `${place}.${key}`));
    case 'record':
      return [...stringsIn(def.keyType, `${place} key`), ...stringsIn(def.valueType, `${place}[]`)];
    case 'array':
      return stringsIn(def.element, `${place}[]`);
    case 'union':
      return def.options.flatMap((option, i) => stringsIn(option, `${place} (${i})`));
    case 'optional':
    case 'nullable':
    case 'default':
      return stringsIn(def.innerType, place);
    case 'enum':
    case 'literal':
    case 'number':
    case 'boolean':
    case 'undefined':
      return [];
    default:
      throw new Error(`${place}: this test does not know schemas of type ${def.type}`);
  }
}

/** Values of which each string schema of the contracts takes at least one. */
const EXAMPLES: readonly string[] = [
  ...Object.values(sampleValues).filter((value) => typeof value === 'string'),
  TransactionId.generate(),
  EventId.generate(),
  'a',
  '1',
  '0001',
  'JPY',
  'aa',
  '/',
  '(a)',
  'a.b',
  'https://bank.example',
  '2026-11-22',
  'Y29kZS1pZC1vZi0x',
  '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
];

describe('what a door takes can be stored', () => {
  it.each(DOORS)('%s: no string of it takes U+0000, a lone surrogate or the year 0000', (name, door) => {
    for (const { place, schema } of stringsIn(door, name)) {
      const example = EXAMPLES.find((value) => schema.safeParse(value).success);
      if (example === undefined) throw new Error(`${place}: add an example to this test`);
      const taken = ['\u0000', '\ud800', '\udfff'].flatMap((bad) =>
        Array.from(example, (_, at) => [
          example.slice(0, at) + bad + example.slice(at + 1),
          example.slice(0, at) + bad + example.slice(at),
        ]).flat(),
      );
      taken.push('0000-01-01', '0000-01-01T00:00:00Z');
      // Free text may speak of any year; what takes only a time may not.
      const kind = schema.safeParse('a').success ? 'text' : 'form';
      const wrong = taken.filter((value) => schema.safeParse(value).success && (kind === 'form' || !value.startsWith('0000')));
      expect([place, wrong]).toEqual([place, []]);
    }
  });
});

describe('Text', () => {
  it('takes exactly the strings that UTF-8 can write and that hold no U+0000', () => {
    fc.assert(
      fc.property(anyString, (text) => {
        const written = Buffer.from(text, 'utf8').toString('utf8') === text && !text.includes('\u0000');
        expect(Text.safeParse(text).success).toBe(written);
      }),
    );
  });
});

describe('Day and Moment', () => {
  it('take every day of the years 1 to 9999, and no other', () => {
    const day = fc
      .date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true })
      .map((date) => date.toISOString());
    fc.assert(fc.property(day, (iso) => Day.safeParse(iso.slice(0, 10)).success && Moment.safeParse(iso).success));
    for (const text of ['0000-01-01', '0000-12-31', '2026-02-30', '10000-01-01', '-0001-01-01', '2026-1-1'])
      expect([text, Day.safeParse(text).success]).toEqual([text, false]);
    for (const text of ['0000-01-01T00:00:00Z', '2026-02-30T00:00:00Z', '2026-01-01'])
      expect([text, Moment.safeParse(text).success]).toEqual([text, false]);
  });
});

describe('clip', () => {
  it('gives a Text of any string, as long as it may be, and leaves a Text as it is', () => {
    fc.assert(
      fc.property(anyString, fc.nat(50), (text, max) => {
        const clipped = clip(text, max);
        expect(Text.max(max).safeParse(clipped).success).toBe(true);
        expect(clipped.length).toBe(Math.min(text.length, max));
        if (Text.safeParse(text).success && text.length <= max) expect(clipped).toBe(text);
      }),
    );
  });
});
