import { z } from 'zod';
import { kinds } from './fields.js';

/** One row of docs/config.md. */
export interface ConfigRow {
  readonly key: string;
  /** What it must be: `port`, `1–3600 s`, `path of a file`. */
  readonly kind: string;
  readonly required: boolean;
  /** As it would be written in the environment; null when there is none. */
  readonly default: string | null;
  readonly secret: boolean;
  readonly description: string;
}

/** The reference of a configuration, in the order of its schema. A field without description or kind is a mistake: it throws. */
export function describeConfig(schema: z.ZodObject): ConfigRow[] {
  return Object.entries(schema.shape).map(([key, field]) => rowOf(key, field as z.ZodType));
}

function rowOf(key: string, field: z.ZodType): ConfigRow {
  let description = field.description;
  let required = true;
  let fallback: string | null = null;
  let inner: z.ZodType = field;
  for (;;) {
    description ??= inner.description;
    const facts = kinds.get(inner);
    if (facts !== undefined) {
      if (!description) throw new TypeError(`${key} has no description`);
      return { key, kind: facts.kind, required, default: fallback, secret: facts.secret, description };
    }
    if (inner instanceof z.ZodDefault || inner instanceof z.ZodPrefault) {
      required = false;
      fallback = String(inner.def.defaultValue);
    } else if (inner instanceof z.ZodOptional) required = false;
    else throw new TypeError(`${key} is not made by a field of @enishi/config`);
    inner = inner.def.innerType as z.ZodType;
  }
}

/** The rows as a Markdown table. */
export function configTable(rows: readonly ConfigRow[]): string {
  const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
  const lines = rows.map(({ key, kind, required, default: fallback, secret, description }) => {
    const need = required ? 'required' : fallback === null ? 'optional' : `\`${fallback}\``;
    return `| \`${key}\` | ${cell(kind)} | ${cell(need)} | ${cell(description)}${secret ? ' (secret)' : ''} |`;
  });
  return ['| key | must be | default | |', '|---|---|---|---|', ...lines, ''].join('\n');
}
