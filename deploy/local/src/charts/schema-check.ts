/** Whether a cluster would know every field of what the charts render. */
import { readFileSync } from 'node:fs';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { z } from 'zod';
import { FOREIGN_KINDS } from './foreign-kinds.js';
import type { Manifest } from './manifest.js';

const Definitions = z.looseObject({
  $id: z.string(),
  $defs: z.record(
    z.string(),
    z.looseObject({
      'x-kubernetes-group-version-kind': z.array(z.strictObject({ group: z.string(), version: z.string(), kind: z.string() })).optional(),
    }),
  ),
});

/** What is wrong with one object; nothing when it is right. */
export type SchemaCheck = (manifest: Manifest) => string[];

/** `file`: from findKubernetesSchemas. A kind that neither it nor `foreign` knows is a problem, never passed over. */
export function schemaCheck(file: string, foreign: ReadonlyMap<string, z.ZodType> = FOREIGN_KINDS): SchemaCheck {
  const definitions = Definitions.parse(JSON.parse(readFileSync(file, 'utf8')));
  // Not strict: the schemas carry Kubernetes' own keywords (x-kubernetes-…). Formats are names of Go types there.
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true, verbose: true });
  ajv.addSchema(definitions);
  const known = new Map<string, string>();
  for (const [name, definition] of Object.entries(definitions.$defs)) {
    // What every group shares (DeleteOptions, WatchEvent) is nothing that is applied.
    const [only, ...others] = definition['x-kubernetes-group-version-kind'] ?? [];
    if (only && others.length === 0) known.set(`${only.group === '' ? '' : `${only.group}/`}${only.version}/${only.kind}`, name);
  }
  const compiled = new Map<string, ValidateFunction>();
  return (manifest) => {
    const kind = `${manifest.apiVersion}/${manifest.kind}`;
    const own = foreign.get(kind);
    if (own) return own.safeParse(manifest).error?.issues.map((issue) => `${place(issue.path)}: ${issue.message}`) ?? [];
    const name = known.get(kind);
    if (name === undefined) return [`no schema of ${kind}: the version of Kubernetes does not have it, nor does foreign-kinds.ts`];
    const validate = compiled.get(kind) ?? ajv.compile({ $ref: `${definitions.$id}#/$defs/${name}` });
    compiled.set(kind, validate);
    return validate(manifest) ? [] : [...new Set((validate.errors ?? []).map(sentence))];
  };
}

function sentence({ instancePath, message, params }: ErrorObject): string {
  const where = place(instancePath.split('/').slice(1));
  const { additionalProperty, allowedValues } = params as { additionalProperty?: string; allowedValues?: unknown[] };
  if (additionalProperty !== undefined) return `${where}: there is no field ${additionalProperty}`;
  return `${where}: ${message}${allowedValues ? ` (${allowedValues.join(', ')})` : ''}`;
}

function place(path: readonly PropertyKey[]): string {
  return path.length === 0 ? 'the object' : path.map((part) => String(part).replaceAll('~1', '/')).join('.');
}
