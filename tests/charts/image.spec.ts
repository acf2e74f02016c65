/** The services' image, as its recipe says. */
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { SERVICES } from '@enishi/contracts';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { containersOf, podsOf } from '../../deploy/local/src/charts/rules/pods.js';
import { ROOT } from '../../deploy/local/src/layout.js';
import { renderScenario } from './rendered.js';

const read = (...path: string[]) => readFileSync(join(ROOT, ...path), 'utf8');

describe('the image of a service', () => {
  const stages = stagesOf(read('deploy', 'docker', 'service.Dockerfile'));
  const last = stages.at(-1) ?? { from: '', steps: [] };
  const all = (word: string) => last.steps.filter((step) => step.word === word).map(({ rest }) => rest);
  const only = (word: string) => {
    const [first = '', ...others] = all(word);
    expect([word, others]).toEqual([word, []]);
    return first;
  };
  const pods = podsOf(renderScenario('enishi', 'development'));

  it('is made from nothing: no shell, no package manager, nothing that runs while it is made', () => {
    expect(last.from).toBe('scratch');
    expect(last.steps.map(({ word }) => word).filter((word) => ['RUN', 'SHELL', 'ADD', 'ONBUILD', 'VOLUME'].includes(word))).toEqual([]);
    // All that it holds comes out of the stage before.
    expect(all('COPY')).toEqual(['--from=production /rootfs/ /', '--from=production /app/ /app/']);
    const put = stages.find(({ name }) => name === 'production')?.steps.filter(({ rest }) => rest.includes('/rootfs')) ?? [];
    expect(put).toHaveLength(1);
    expect(put[0]?.rest).not.toMatch(/\/(?:ba)?sh\b|busybox|\bnpm\b/);
  });

  it('runs as the user that the pods say, not as root', () => {
    expect(only('USER')).toBe('65532:65532');
    for (const { title, spec } of pods) {
      const { runAsUser, runAsGroup } = spec.securityContext as { runAsUser: number; runAsGroup: number };
      expect([title, `${runAsUser}:${runAsGroup}`]).toEqual([title, only('USER')]);
    }
  });

  it('starts node itself: signals reach it', () => {
    const form = z.array(z.string());
    const entrypoint = form.parse(JSON.parse(only('ENTRYPOINT')));
    const command = form.parse(JSON.parse(only('CMD')));
    expect(entrypoint[0]).toBe('/usr/local/bin/node');
    expect(only('WORKDIR')).toBe('/app/services/${SERVICE}');
    for (const service of SERVICES) {
      const files = [...entrypoint.slice(1), ...command].filter((word) => word.endsWith('.js'));
      expect(files).toHaveLength(2);
      for (const file of files) expectBuilt(file.startsWith('/') ? file : `/app/services/${service}/${file}`);
    }
  });

  it('has the programs that the Jobs name, and pods leave its entry as it is', () => {
    const programs = new Set<string>();
    for (const pod of pods)
      for (const container of containersOf(pod)) {
        expect([pod.title, container]).toEqual([pod.title, expect.not.objectContaining({ command: expect.anything() })]);
        expect([pod.title, container.args === undefined]).toEqual([pod.title, pod.kind === 'Deployment']);
        for (const arg of container.args ?? []) if (arg.endsWith('.js')) programs.add(arg);
      }
    expect([...programs].toSorted()).toEqual(['/app/libs/database/dist/cli.js', '/app/libs/messaging/dist/cli.js']);
    for (const program of programs) expectBuilt(program);
  });

  it('keeps the migrations, and tells where its bill of materials is', () => {
    for (const service of SERVICES) expect(existsSync(join(ROOT, 'services', service, 'prisma', 'migrations'))).toBe(true);
    const { steps = [] } = stages.find(({ name }) => name === 'production') ?? {};
    expect(steps.some(({ rest }) => rest.includes('/prisma/migrations services/${SERVICE}/prisma/'))).toBe(true);
    expect(steps.some(({ rest }) => rest.includes('> sbom.cdx.json'))).toBe(true);
    expect(only('LABEL')).toContain('io.enishi.sbom="/app/sbom.cdx.json"');
  });
});

describe('what the builder is given', () => {
  const lets = dockerignore(read('.dockerignore'));

  it("has the manifest of every workspace, or npm would not take the lock's word", () => {
    const { workspaces } = z.object({ workspaces: z.array(z.string()) }).parse(JSON.parse(read('package.json')));
    const manifests = workspaces.flatMap((pattern) => globSync(`${pattern}/package.json`, { cwd: ROOT }));
    expect(manifests.length).toBeGreaterThan(workspaces.length);
    expect(manifests.filter((file) => !lets(file))).toEqual([]);
  });

  it('has every file that the recipe copies', () => {
    const files = ['package.json', 'package-lock.json', '.npmrc', 'tsconfig.base.json', 'nx.json', 'deploy/docker/sbom.mjs'];
    const sources = SERVICES.flatMap((service) =>
      globSync(['src/main.ts', 'tsconfig.json', 'prisma.config.ts', 'prisma/**/*.{prisma,sql}'], {
        cwd: join(ROOT, 'services', service),
      }).map((file) => `services/${service}/${file}`),
    );
    expect(sources.length).toBeGreaterThan(4 * SERVICES.length - 1);
    for (const file of [...files, ...sources]) expect([file, existsSync(join(ROOT, file)), lets(file)]).toEqual([file, true, true]);
  });

  it.each([
    '.env',
    '.env.production',
    'services/parser/.env',
    'services/parser/.env.local',
    'libs/infra/src/.env',
    '.enishi/pki/root.key.json',
    '.enishi/kubernetes/nats/operator.nk',
    'services/parser/.enishi/pki/order.key.json',
    '.git/config',
    'libs/contracts/.git/config',
    'node_modules/zod/package.json',
    'libs/http/node_modules/ws/package.json',
    'services/parser/dist/main.js',
    'services/parser/src/parse-file/csv.spec.ts',
    'services/parser/test/accounts.it.spec.ts',
    'services/parser/src/generated/prisma/client.ts',
    'deploy/local/src/pki.ts',
    'helm/enishi/values.yaml',
  ])('has no %s', (file) => {
    expect(lets(file)).toBe(false);
  });
});

describe('the bill of materials', () => {
  const Bill = z.strictObject({
    bomFormat: z.literal('CycloneDX'),
    specVersion: z.literal('1.6'),
    version: z.literal(1),
    metadata: z.unknown(),
    components: z.array(z.looseObject({ name: z.string(), version: z.string(), purl: z.string(), 'bom-ref': z.string() })),
  });
  let dir: string;
  let bill: z.infer<typeof Bill>;
  const hash = Buffer.from('ab'.repeat(64), 'hex');

  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'enishi-sbom-'));
    const put = (path: string, manifest: object) => {
      mkdirSync(dirname(join(dir, path)), { recursive: true });
      writeFileSync(join(dir, path), JSON.stringify(manifest));
    };
    put('node_modules/plain/package.json', { name: 'plain', version: '1.2.3', license: 'MIT', description: 'Plain.' });
    put('node_modules/plain/lib/package.json', { type: 'commonjs' });
    put('node_modules/plain/node_modules/nested/package.json', { name: 'nested', version: '2.0.0', license: '(MIT OR Apache-2.0)' });
    put('node_modules/nested/package.json', { name: 'nested', version: '1.0.0', license: { type: 'ISC' } });
    put('node_modules/@scope/inner/package.json', { name: '@scope/inner', version: '0.1.0-rc.1' });
    put('node_modules/@scope/inner/node_modules/@deep/er/package.json', { name: '@deep/er', version: '3.0.0', license: 'MIT' });
    put('node_modules/.bin/x/package.json', { name: 'a link of npm', version: '0.0.0' });
    put('node_modules/no-package/readme.json', {});
    put('libs/own/package.json', { name: '@enishi/own', version: '0.1.0' });
    mkdirSync(join(dir, 'node_modules', '@enishi'));
    symlinkSync('../../libs/own', join(dir, 'node_modules', '@enishi', 'own'));
    const packages = {
      'node_modules/plain': { integrity: `sha512-${hash.toString('base64')}` },
      'node_modules/plain/node_modules/nested': { integrity: 'sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=' },
      // Locked, and left out of this image.
      'node_modules/absent': { version: '9.9.9' },
    };
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, 'deploy/docker/sbom.mjs'), 'enishi/parser', '1.2.3'], {
      cwd: dir,
      input: JSON.stringify({ packages }),
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`sbom.mjs ended with ${status}: ${stderr}`);
    bill = Bill.parse(JSON.parse(stdout));
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it('lists node and every package that lies there, nested ones too, each by its place; nothing that does not', () => {
    expect(bill.metadata).toEqual({
      component: { type: 'application', 'bom-ref': 'enishi/parser', name: 'enishi/parser', version: '1.2.3' },
    });
    expect(bill.components).toHaveLength(6);
    expect(Object.fromEntries(bill.components.map((one) => [one['bom-ref'], one.purl]))).toEqual({
      node: `pkg:generic/node@${process.versions.node}`,
      'node_modules/@scope/inner': 'pkg:npm/%40scope/inner@0.1.0-rc.1',
      'node_modules/@scope/inner/node_modules/@deep/er': 'pkg:npm/%40deep/er@3.0.0',
      'node_modules/nested': 'pkg:npm/nested@1.0.0',
      'node_modules/plain': 'pkg:npm/plain@1.2.3',
      'node_modules/plain/node_modules/nested': 'pkg:npm/nested@2.0.0',
    });
  });

  it('tells licence and hash as package and lock say them', () => {
    const of = (ref: string) => bill.components.find((one) => one['bom-ref'] === ref);
    expect(of('node_modules/plain')).toMatchObject({
      type: 'library',
      description: 'Plain.',
      licenses: [{ expression: 'MIT' }],
      hashes: [{ alg: 'SHA-512', content: hash.toString('hex') }],
    });
    expect(of('node_modules/plain/node_modules/nested')).toMatchObject({ licenses: [{ expression: '(MIT OR Apache-2.0)' }] });
    // As old packages say it.
    expect(of('node_modules/nested')).toMatchObject({ licenses: [{ expression: 'ISC' }] });
    for (const ref of ['node_modules/plain/node_modules/nested', 'node_modules/nested', 'node_modules/@scope/inner'])
      expect(of(ref)).not.toHaveProperty('hashes');
    expect(of('node_modules/@scope/inner')).not.toHaveProperty('licenses');
  });
});

interface Stage {
  from: string;
  name: string | undefined;
  steps: { word: string; rest: string }[];
}

/** The stages of a Dockerfile: comments dropped, continued lines joined. */
function stagesOf(dockerfile: string): Stage[] {
  const lines = dockerfile.split('\n').filter((line) => !/^\s*#/.test(line));
  const steps = lines
    .join('\n')
    .replaceAll('\\\n', ' ')
    .split('\n')
    .filter((line) => line.trim() !== '');
  const stages: Stage[] = [];
  for (const step of steps) {
    const [, word = '', rest = ''] = /^(\S+)\s+(.*)$/.exec(step) ?? [];
    if (word === 'FROM') {
      const [, from = '', name] = /^(\S+)(?:\s+AS\s+(\S+))?$/.exec(rest) ?? [];
      stages.push({ from, name, steps: [] });
    } else stages.at(-1)?.steps.push({ word, rest: rest.replace(/\s+/g, ' ').trim() });
  }
  return stages;
}

/** Whether .dockerignore lets a file through: the last line that fits it, or a folder above it, decides. */
function dockerignore(text: string): (file: string) => boolean {
  const rules = text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const pattern = line.replace(/^!/, '');
      const expression = pattern
        .replace(/[.+^$()|[\]{}\\]/g, '\\$&')
        .replaceAll('**/', '\0')
        .replaceAll('*', '[^/]*')
        .replaceAll('\0', '(?:.*/)?');
      return { lets: line.startsWith('!'), fits: new RegExp(`^${expression}(?:/.*)?$`) };
    });
  return (file) => rules.findLast(({ fits }) => fits.test(file))?.lets ?? true;
}

/** A file of the image is built from a source of the same name. */
function expectBuilt(path: string): void {
  const source = path
    .replace(/^\/app\//, '')
    .replace('/dist/', '/src/')
    .replace(/\.js$/, '.ts');
  expect([path, existsSync(join(ROOT, source))]).toEqual([path, true]);
}
