/** `node libs/database/dist/generate-clients.js [service …]`: the Prisma client of each service, where it is not up to date. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { generateEnvironment, ROOT } from './cli-config.js';

/** Beside the services, the projects that stand for one in this lib's own tests. */
const OTHERS = ['libs/database/test/ledger'];

const resolve = createRequire(join(ROOT, 'package.json')).resolve;
const prismaPackage = resolve('prisma/package.json');
const prismaVersion = (JSON.parse(readFileSync(prismaPackage, 'utf8')) as { version: string }).version;

function projects(wanted: string[]): string[] {
  const services = readdirSync(join(ROOT, 'services')).map((name) => `services/${name}`);
  const all = [...services, ...OTHERS].filter((dir) => existsSync(join(ROOT, dir, 'prisma', 'schema.prisma')));
  if (wanted.length === 0) return all;
  return wanted.map((name) => {
    const found = all.find((dir) => dir === name || dir === `services/${name}`);
    if (!found) throw new Error(`${name} has no prisma/schema.prisma; there are ${all.join(', ')}`);
    return found;
  });
}

/** Of everything that decides what is generated. */
function fingerprint(dir: string): string {
  const hash = createHash('sha256').update(prismaVersion);
  for (const file of ['prisma/schema.prisma', 'prisma.config.ts']) hash.update(readFileSync(join(dir, file)));
  return hash.digest('hex');
}

async function generate(dir: string): Promise<void> {
  const output = join(dir, 'src', 'generated', 'prisma');
  const mark = join(output, '.fingerprint');
  const wanted = fingerprint(dir);
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted) return;
  await prisma(dir);
  mkdirSync(output, { recursive: true });
  // Last: a run that was cut short is done again.
  writeFileSync(mark, wanted);
  process.stdout.write(`generated ${relative(ROOT, output)}\n`);
}

function prisma(cwd: string): Promise<void> {
  const program = join(dirname(prismaPackage), 'build', 'index.js');
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, [program, 'generate', '--no-hints'], {
      cwd,
      env: generateEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        said += chunk.toString();
      });
    }
    child.once('error', fail);
    child.once('close', (code) =>
      code === 0 ? done() : fail(new Error(`prisma generate in ${relative(ROOT, cwd)} failed:\n${said.trim()}`)),
    );
  });
}

try {
  for (const dir of projects(process.argv.slice(2))) await generate(join(ROOT, dir));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
