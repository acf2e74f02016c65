/** What helm renders, as data. */
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';

const ManifestShape = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string().optional(),
    labels: z.record(z.string(), z.string()).optional(),
    annotations: z.record(z.string(), z.string()).optional(),
  }),
});
/** One Kubernetes object; fields that are not named here are `unknown`. */
export type Manifest = z.infer<typeof ManifestShape>;

/** The objects of rendered YAML, in its order. A document that is no object, or that has a key twice, is an error. */
export function parseManifests(text: string): Manifest[] {
  // YAML 1.1 is what helm and the API server read: 0440 is octal.
  return parseAllDocuments(text, { uniqueKeys: true, version: '1.1' })
    .map((document) => {
      const [error] = document.errors;
      if (error) throw new Error(`the rendered YAML cannot be read: ${error.message}`);
      return document.toJS() as unknown;
    })
    .filter((value) => value !== null)
    .map((value) => {
      const parsed = ManifestShape.safeParse(value);
      if (parsed.success) return parsed.data;
      throw new Error(
        `a rendered document is no Kubernetes object:\n${z.prettifyError(parsed.error)}\n${JSON.stringify(value).slice(0, 300)}`,
      );
    });
}

/** `Deployment parser` */
export function titleOf({ kind, metadata }: Manifest): string {
  return `${kind} ${metadata.name}`;
}

/** The one object of this kind (and name); an Error tells what there is instead. */
export function singleObject(manifests: readonly Manifest[], kind: string, name?: string): Manifest {
  const found = manifests.filter((manifest) => manifest.kind === kind && (name === undefined || manifest.metadata.name === name));
  const [first] = found;
  if (found.length === 1 && first) return first;
  throw new Error(`wanted one ${kind}${name === undefined ? '' : ` ${name}`}; there are: ${manifests.map(titleOf).join(', ') || 'none'}`);
}
