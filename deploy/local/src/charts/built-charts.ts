/** Charts with their dependencies in them, made beside the sources: nothing that helm generates lies in helm/. */
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join, relative } from 'node:path';
import { ROOT } from '../layout.js';
import { readCharts } from './chart-folders.js';
import { helm } from './helm.js';

const BUILT = join(ROOT, '.enishi', 'charts');
const KEPT_FOR_MS = 24 * 3_600_000;

/** Folder in which every chart of `dir` lies ready to be rendered; made anew when a file of `dir` has changed. */
export function builtCharts(dir: string): string {
  const files = sourceFiles(dir);
  const hash = createHash('sha256');
  for (const file of files)
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(dir, file)))
      .update('\0');
  const built = join(BUILT, hash.digest('hex').slice(0, 24));
  if (existsSync(built)) {
    // Still wanted: not for another run to drop.
    utimesSync(built, new Date(), new Date());
    return built;
  }
  mkdirSync(BUILT, { recursive: true });
  const made = mkdtempSync(join(BUILT, '.making-'));
  for (const file of files) cpSync(join(dir, file), join(made, file));
  for (const chart of readCharts(made)) if (chart.needs.length > 0) helm(['dependency', 'update', '--skip-refresh', chart.folder]);
  putAt(made, built);
  dropOld();
  return built;
}

/** Whole or not at all: two at once make the same twice, and either's is good. */
function putAt(made: string, built: string): void {
  try {
    renameSync(made, built);
  } catch (error) {
    rmSync(made, { recursive: true, force: true });
    if (!existsSync(built)) throw error;
  }
}

function dropOld(): void {
  for (const name of readdirSync(BUILT)) {
    const folder = join(BUILT, name);
    const age = Date.now() - (statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > KEPT_FOR_MS) rmSync(folder, { recursive: true, force: true });
  }
}

/** What a chart is made of: without what a person's own `helm dependency build` left, and without what is rendered from it. */
function sourceFiles(dir: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(dir, join(entry.parentPath, entry.name)))
    .filter((file) => !/^[^/]+\/(?:charts\/|Chart\.lock$|scenarios\/rendered\/)/.test(file))
    .toSorted();
}
