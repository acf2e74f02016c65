import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import { fromZod } from './from-zod.js';

const schema = z.strictObject({
  label: z.string().min(1).max(3),
  items: z.array(z.strictObject({ count: z.number().int() })).optional(),
});

function complaintOf(value: unknown, where = 'body') {
  const parsed = schema.safeParse(value);
  if (parsed.success) throw new Error('must be refused');
  return fromZod(parsed.error, where);
}

describe('what zod complains of', () => {
  it('is input_not_valid with the place of the first complaint', () => {
    expect(complaintOf({ label: 'abcd' })).toMatchObject({ code: 'platform.input_not_valid', kind: 'invalid', place: 'body.label' });
    expect(complaintOf({ label: 'a', items: [{ count: 1 }, { count: 'x' }] }).place).toBe('body.items[1].count');
    expect(complaintOf('text', 'query').place).toBe('query');
  });

  it('names an unknown key as the place', () => {
    const error = complaintOf({ label: 'a', colour: 'red' });
    expect(error.place).toBe('body.colour');
    expect(error.message).toBe('body.colour: is not known here');
  });

  it('tells all complaints, ten at most', () => {
    const error = complaintOf({ label: 5, items: [{ count: 'x' }], a: 1, b: 2 });
    for (const place of ['body.label', 'body.items[0].count', 'body.a', 'body.b']) expect(error.message).toContain(place);
    const many = complaintOf({ label: 'a', items: Array.from({ length: 15 }, () => ({ count: 'x' })) });
    expect(many.message.match(/body\.items/g)).toHaveLength(10);
    expect(many.message).toContain('and 5 more');
  });

  it('never repeats a value, nor a key that only the sender knows the look of', () => {
    const secret = fc.stringMatching(/^s3cr3t[!-~]{4,30}$/).filter((text) => !/^[A-Za-z0-9_-]{1,40}$/.test(text));
    fc.assert(
      fc.property(secret, (secret) => {
        const error = complaintOf({ label: secret, items: [{ count: secret, [secret]: 1 }], [secret]: 1 });
        expect(error.message).not.toContain(secret);
        expect(error.place).not.toContain(secret);
      }),
    );
  });
});
