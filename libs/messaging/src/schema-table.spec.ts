import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { schemaRows } from './schema-table.js';

describe('schemaRows', () => {
  it('gives one row a field, nested ones by their path', () => {
    const rows = schemaRows(
      z.strictObject({
        id: z.string().max(5).describe('an id'),
        when: z.iso.date().optional(),
        page: z.strictObject({ no: z.number().int().min(1), of: z.number().int() }).nullable(),
        items: z.array(z.strictObject({ name: z.enum(['a', 'b']) })).max(3),
        facts: z.record(z.string(), z.string()),
        done: z.literal(true),
        code: z.string().length(4),
      }),
    );
    expect(rows.map(({ field, type, required, rule }) => `${field}${required ? '' : '?'}: ${type}${rule && ` — ${rule}`}`)).toEqual([
      'id: string — an id, ≤ 5 characters',
      'when?: string — date',
      'page: object or null',
      'page.no: integer — ≥ 1',
      'page.of: integer',
      'items: object[] — ≤ 3 items',
      'items[].name: "a" \\| "b"',
      'facts: map of string',
      'done: true',
      'code: string — 4 characters',
    ]);
  });

  it('gives the fields of all forms of a value; what only some of them have is optional', () => {
    const common = { id: z.string(), who: z.strictObject({ name: z.string() }) };
    const rows = schemaRows(
      z.strictObject({ is: z.union([z.strictObject(common), z.strictObject({ ...common, v: z.literal(2), id: z.number() })]).nullable() }),
    );
    expect(rows.map(({ field, type, required }) => `${field}${required ? '' : '?'}: ${type}`)).toEqual([
      'is: object or null',
      'is.id: string \\| number',
      'is.who: object',
      'is.who.name: string',
      'is.v?: 2',
    ]);
  });
});
