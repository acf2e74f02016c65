/**
 * Writes a software bill of materials (CycloneDX 1.6, JSON) of the packages that really lie in a folder's node_modules.
 * `npm sbom` refuses a tree from which development packages and other workspaces were left out, which an image's is.
 *   node sbom.mjs <name> <version> < package-lock.json > sbom.cdx.json      in the folder of node_modules
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const [name, version] = process.argv.slice(2);
const locked = JSON.parse(readFileSync(0, 'utf8')).packages;

/** Paths of all packages under a node_modules, nested ones too: `node_modules/a`, `node_modules/@b/c/node_modules/d`. */
function* packagesIn(dir) {
  for (const entry of existsSync(dir) ? readdirSync(dir, { withFileTypes: true }) : []) {
    if (entry.name.startsWith('.') || entry.isSymbolicLink()) continue;
    const path = join(dir, entry.name);
    if (entry.name.startsWith('@')) yield* packagesIn(path);
    else if (existsSync(join(path, 'package.json'))) {
      yield path;
      yield* packagesIn(join(path, 'node_modules'));
    }
  }
}

const components = [...packagesIn('node_modules')].map((path) => {
  const { name: full, version: its, license, description } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
  const [algorithm, digest] = (locked[path]?.integrity ?? '').split(/-(.*)/s);
  // An object with a type is how old packages say it.
  const licence = typeof license === 'object' ? license?.type : license;
  const purl = `pkg:npm/${full.replace('@', '%40')}@${its}`;
  return {
    type: 'library',
    'bom-ref': path,
    name: full,
    version: its,
    description,
    purl,
    ...(typeof licence === 'string' ? { licenses: [{ expression: licence }] } : {}),
    ...(algorithm === 'sha512' ? { hashes: [{ alg: 'SHA-512', content: Buffer.from(digest, 'base64').toString('hex') }] } : {}),
  };
});
const runtime = {
  type: 'platform',
  'bom-ref': 'node',
  name: 'node',
  version: process.versions.node,
  purl: `pkg:generic/node@${process.versions.node}`,
};
process.stdout.write(
  `${JSON.stringify({
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component: { type: 'application', 'bom-ref': name, name, version } },
    components: [runtime, ...components],
  })}\n`,
);
