/** Words for JSON Schema (draft-07), closed everywhere: a key that nobody described is refused. */

export type Schema = { readonly [keyword: string]: unknown };
export type Properties = Readonly<Record<string, Schema>>;

export function object(description: string, properties: Properties, required: readonly string[] = []): Schema {
  // helm names the key that is too much by the first keyword, and those that there are by the second.
  const closed = { additionalProperties: false, propertyNames: { enum: Object.keys(properties) } };
  return { type: 'object', description, ...closed, ...(required.length > 0 ? { required } : {}), properties };
}

/** Any keys, all values alike. */
export function map(description: string, values: Schema): Schema {
  return { type: 'object', description, additionalProperties: values };
}

export function list(description: string, items: Schema): Schema {
  return { type: 'array', description, items };
}

export function text(description: string, pattern?: string): Schema {
  return { type: 'string', description, ...(pattern === undefined ? {} : { pattern }) };
}

export function choice(description: string, words: readonly string[]): Schema {
  return { type: 'string', description, enum: words };
}

export function whole(description: string, minimum: number, maximum: number): Schema {
  return { type: 'integer', description, minimum, maximum };
}

export function flag(description: string): Schema {
  return { type: 'boolean', description };
}
