/** The values of a chart as a table of its README: from the schema, with the defaults that hold when nothing is said. */
import type { Schema } from './json-schema.js';

/** `left`: what stands in a table elsewhere, by its key at the root. A key whose default cannot be said is left empty. */
export function valuesTable(schema: Schema, defaults: unknown, left: readonly string[] = []): string {
  const rows = rowsOf('', schema, defaults, left).map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`);
  return ['| key | must be | default | |', '|---|---|---|---|', ...rows].join('\n');
}

function rowsOf(path: string, schema: Schema, value: unknown, left: readonly string[] = []): string[][] {
  const properties = Object.entries((schema.properties ?? {}) as Record<string, Schema>);
  if (properties.length > 0)
    return properties
      .filter(([key]) => !left.includes(key))
      .flatMap(([key, below]) =>
        rowsOf(path === '' ? key : `${path}.${key}`, below, (value as Record<string, unknown> | undefined)?.[key]),
      );
  const fallback = value ?? schema.default;
  const text = typeof fallback === 'string' ? fallback : JSON.stringify(fallback);
  return [[`\`${path}\``, mustBe(schema), text === undefined || text === '' ? '' : `\`${text}\``, String(schema.description)]];
}

function mustBe(schema: Schema): string {
  const { type, enum: words, minimum, maximum } = schema as { type?: string; enum?: string[]; minimum?: number; maximum?: number };
  if (words) return words.join(', ');
  if (minimum !== undefined && maximum !== undefined) return `${minimum}–${maximum}`;
  if (type === 'boolean') return 'true or false';
  if (type === 'array') return 'list';
  return type === 'object' ? 'map' : 'text';
}
