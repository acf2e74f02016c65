/** A zod schema as rows for people: one row a field, nested ones by their path. */
import { z } from 'zod';

export interface SchemaRow {
  /** `period.from`, `terminals[].attached` */
  field: string;
  type: string;
  required: boolean;
  rule: string;
}

interface JsonSchema {
  type?: string | string[];
  description?: string;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  additionalProperties?: boolean | JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  enum?: unknown[];
  const?: unknown;
  format?: string;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  minItems?: number;
  maxItems?: number;
  [more: string]: unknown;
}

/** A pattern longer than this says less than the field's description. */
const LONGEST_PATTERN = 60;

/** Rows in the order of the schema. */
export function schemaRows(schema: z.ZodType): SchemaRow[] {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
  return rowsOf(json, '', true);
}

function rowsOf(schema: JsonSchema, field: string, required: boolean): SchemaRow[] {
  const { inner, nullable } = withoutNull(schema);
  const own = field === '' ? [] : [{ field, type: typeOf(inner) + (nullable ? ' or null' : ''), required, rule: ruleOf(inner) }];
  const below = merged((inner.anyOf ?? inner.oneOf ?? [inner]).map((form) => rowsOfMembers(form, field)));
  const items = inner.items === undefined ? undefined : withoutNull(inner.items).inner;
  const inItems = items?.properties === undefined ? [] : rowsOf({ ...items, description: undefined }, `${field}[]`, true).slice(1);
  return [...own, ...below, ...inItems];
}

function rowsOfMembers(schema: JsonSchema, field: string): SchemaRow[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, member]) =>
    rowsOf(member, field === '' ? name : `${field}.${name}`, schema.required?.includes(name) ?? false),
  );
}

/** The fields of several forms, of which a value has one: what only some forms have is optional. */
function merged([first = [], ...others]: SchemaRow[][]): SchemaRow[] {
  const rows = new Map(first.map((row) => [row.field, row]));
  for (const form of others) {
    for (const row of form) {
      const known = rows.get(row.field);
      rows.set(row.field, known ? { ...known, type: known.type === row.type ? row.type : `${known.type} \\| ${row.type}` } : row);
    }
  }
  const inAll = ({ field }: SchemaRow) => [first, ...others].every((form) => form.some((row) => row.field === field && row.required));
  return [...rows.values()].map((row) => ({ ...row, required: inAll(row) }));
}

function withoutNull(schema: JsonSchema): { inner: JsonSchema; nullable: boolean } {
  const choices = schema.anyOf;
  const rest = choices?.filter(({ type }) => type !== 'null');
  const [only] = rest ?? [];
  if (choices !== undefined && rest !== undefined && rest.length === 1 && only !== undefined && choices.length === 2)
    return { inner: { ...only, description: schema.description ?? only.description }, nullable: true };
  return { inner: schema, nullable: false };
}

function typeOf(schema: JsonSchema): string {
  const { type, items, properties, additionalProperties } = schema;
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.length > 6 ? 'word' : schema.enum.map((value) => JSON.stringify(value)).join(' \\| ');
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return [...new Set(choices.map(typeOf))].join(' \\| ');
  if (type === 'array') return `${items === undefined ? 'value' : typeOf(items)}[]`;
  if (type === 'object' && properties === undefined && typeof additionalProperties === 'object')
    return `map of ${typeOf(additionalProperties)}`;
  return typeof type === 'string' ? type : 'value';
}

function ruleOf(schema: JsonSchema): string {
  const rules: string[] = [];
  if (schema.description !== undefined) rules.push(schema.description);
  if (schema.enum !== undefined && schema.enum.length > 6) rules.push(`one of ${schema.enum.length}`);
  if (schema.format !== undefined) rules.push(schema.format);
  else if (schema.pattern !== undefined && schema.pattern.length <= LONGEST_PATTERN && schema.description === undefined)
    rules.push(`\`${schema.pattern.replaceAll('|', '\\|')}\``);
  const safe = (limit: number | undefined) => limit !== undefined && Math.abs(limit) < Number.MAX_SAFE_INTEGER;
  if (safe(schema.minimum)) rules.push(`≥ ${schema.minimum}`);
  if (safe(schema.exclusiveMinimum)) rules.push(`> ${schema.exclusiveMinimum}`);
  if (safe(schema.maximum)) rules.push(`≤ ${schema.maximum}`);
  if (schema.maxLength !== undefined && schema.minLength === schema.maxLength) rules.push(`${schema.maxLength} characters`);
  else if (schema.maxLength !== undefined) rules.push(`≤ ${schema.maxLength} characters`);
  if (schema.minItems !== undefined && schema.minItems > 0) rules.push(`≥ ${schema.minItems} items`);
  if (schema.maxItems !== undefined) rules.push(`≤ ${schema.maxItems} items`);
  return rules.join(', ');
}
