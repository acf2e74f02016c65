/** `check`: what must be true of the tree. It generates and formats in place, and fails when that changed a file. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { toolEnvironment } from '../config.js';
import { ExpectedFailure } from '../expected-failure.js';
import { ROOT } from '../layout.js';
import { toStderr } from '../terminal-output.js';

interface Step {
  readonly title: string;
  readonly run: readonly string[];
  /** Said when the step fails. */
  readonly mend: string;
}

const bin = (name: string) => join(ROOT, 'node_modules', '.bin', name);
const node = (...path: string[]) => [process.execPath, join(ROOT, ...path)];

const SOURCES = ['libs/*/src', 'services/*/src', 'clients/*/src', 'examples/*/src', 'deploy/*/src'];

const STEPS: readonly Step[] = [
  {
    title: 'Generate database clients',
    run: node('libs', 'database', 'dist', 'generate-clients.js'),
    mend: 'A schema.prisma could not be read.',
  },
  {
    title: 'Generate docs/messages.md',
    run: node('libs', 'messaging', 'dist', 'generate-docs.js'),
    mend: 'The contracts could not be read.',
  },
  {
    title: 'Generate docs/openapi and docs/errors.md',
    run: node('libs', 'http', 'dist', 'generate-openapi.js'),
    mend: 'The contracts could not be read.',
  },
  {
    title: 'Generate docs/config.md',
    run: node('deploy', 'local', 'dist', 'generate', 'config-docs.js'),
    mend: 'A config.ts could not be read.',
  },
  {
    title: 'Generate dashboards and rules',
    run: node('deploy', 'observability', 'dist', 'render.js'),
    mend: 'A dashboard or rule in deploy/observability/src could not be built.',
  },
  {
    title: 'Rules and queries of dashboards are understood, and the rules pass their tests',
    run: node('deploy', 'observability', 'dist', 'check-rules.js'),
    mend: 'Mend the rule, its test or the query in deploy/observability.',
  },
  {
    title: 'Schemas and migrations agree',
    run: node('deploy', 'local', 'dist', 'generate', 'drift.js'),
    mend: 'Write a migration: CONTRIBUTING.md, "Add a column".',
  },
  {
    title: 'Generate schemas, routes and tables of the charts',
    run: node('deploy', 'local', 'dist', 'generate', 'chart-files.js'),
    mend: 'Each setting stands in `config` of the values, or in FIXED_SETTINGS of deploy/local/src/charts/config-schema.ts.',
  },
  {
    title: 'Charts: lint, render, schemas, rules',
    run: node('deploy', 'local', 'dist', 'charts', 'check-charts.js'),
    mend: 'Mend the charts (or a scenario says "# waives <rule>: <reason>" in its first lines).',
  },
  { title: 'Format', run: [bin('biome'), 'check', '--write', '--error-on-warnings', '.'], mend: 'Biome could not read a file.' },
  { title: 'Lint', run: [bin('oxlint'), '--type-aware', '--deny-warnings', '.'], mend: 'Mend the lines named above.' },
  { title: 'Types of the tests', run: [bin('tsc'), '-p', 'tsconfig.spec.json'], mend: 'Mend the lines named above.' },
  {
    title: 'Layers (no lib imports a higher one, no service another)',
    run: [bin('depcruise'), '--config', '.dependency-cruiser.mjs', ...SOURCES],
    mend: 'Move the code, or the import: docs/architecture.md, "Layers".',
  },
  {
    title: 'Nothing unused',
    run: [bin('knip'), '--no-config-hints'],
    mend: 'Delete what nothing uses; list in its package.json what is used and not listed there.',
  },
];

export function check(): void {
  const before = fingerprint();
  for (const { title, run, mend } of STEPS) {
    const done = toStderr.begin(title);
    const [command = '', ...args] = run;
    const { status, stdout, stderr } = spawnSync(command, args, {
      cwd: ROOT,
      encoding: 'utf8',
      env: toolEnvironment(),
      maxBuffer: 64 * 1024 * 1024,
    });
    if (status !== 0) {
      done('failed');
      throw new ExpectedFailure(`${title}: failed.\n${stdout}${stderr}\n${mend}`);
    }
    done();
  }
  const changed = [...fingerprint()].filter(([file, hash]) => before.get(file) !== hash).map(([file]) => file);
  if (changed.length > 0) throw new ExpectedFailure(`check changed these files; commit them:\n  ${changed.join('\n  ')}`);
  process.stderr.write('All is in order.\n');
}

/** Every file that git tracks or would track, with the hash of what it holds. */
function fingerprint(): Map<string, string> {
  const { stdout } = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  const hashes = new Map<string, string>();
  for (const file of stdout.split('\0').filter((name) => name !== '')) {
    try {
      hashes.set(
        file,
        createHash('sha256')
          .update(readFileSync(join(ROOT, file)))
          .digest('hex'),
      );
    } catch {
      hashes.set(file, 'deleted');
    }
  }
  return hashes;
}
