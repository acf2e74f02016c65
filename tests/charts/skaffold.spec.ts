/** That skaffold.yaml builds and installs what the charts run. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SERVICES } from '@enishi/contracts';
import { describe, expect, it } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { singleObject } from '../../deploy/local/src/charts/manifest.js';
import { CHARTS, renderChart } from '../../deploy/local/src/charts/render.js';
import { ROOT } from '../../deploy/local/src/layout.js';
import { containerOf, values } from './rendered.js';

const DOCKERFILE = 'deploy/docker/service.Dockerfile';

const Release = z.strictObject({
  name: z.string(),
  namespace: z.string(),
  chartPath: z.string(),
  wait: z.literal(true),
  valuesFiles: z.array(z.string()).default([]),
  setValueTemplates: z.record(z.string(), z.string()).default({}),
});
const Recipe = z.strictObject({ dockerfile: z.string(), buildArgs: z.record(z.string(), z.string()) });
const Custom = z.strictObject({
  buildCommand: z.string(),
  dependencies: z.strictObject({ dockerfile: z.strictObject({ path: z.string(), buildArgs: z.record(z.string(), z.string()) }) }),
});
const Patch = z.union([
  z.strictObject({ op: z.literal('remove'), path: z.string() }),
  z.strictObject({ op: z.literal('add'), path: z.string(), value: Custom }),
]);
const Config = z.strictObject({
  apiVersion: z.string().startsWith('skaffold/'),
  kind: z.literal('Config'),
  metadata: z.strictObject({ name: z.string() }),
  requires: z.array(z.strictObject({ configs: z.array(z.string()) })).default([]),
  build: z.looseObject({ artifacts: z.array(z.strictObject({ image: z.string(), docker: Recipe })) }).optional(),
  deploy: z.strictObject({ helm: z.strictObject({ releases: z.array(Release) }) }),
  profiles: z.array(z.strictObject({ name: z.string(), patches: z.array(Patch) })).default([]),
});

const configs = parseAllDocuments(readFileSync(join(ROOT, 'skaffold.yaml'), 'utf8')).map((document) => Config.parse(document.toJS()));
const artifacts = configs.flatMap(({ build }) => build?.artifacts ?? []);
const imageOf = (service: string) => `enishi/${service}`;

describe('skaffold', () => {
  it('builds the image of every service by the one Dockerfile, and nothing else', () => {
    expect(artifacts).toEqual(
      expect.arrayContaining(
        SERVICES.map((service) => ({ image: imageOf(service), docker: { dockerfile: DOCKERFILE, buildArgs: { SERVICE: service } } })),
      ),
    );
    expect(artifacts).toHaveLength(SERVICES.length);
    expect(existsSync(join(ROOT, DOCKERFILE))).toBe(true);
  });

  it('installs NATS, Postgres and the collector first, then the release, and waits for each', () => {
    expect(configs.map(({ metadata, requires }) => [metadata.name, requires.flatMap((one) => one.configs)])).toEqual([
      ['enishi-infra', []],
      ['enishi', ['enishi-infra']],
    ]);
    expect(configs.map(({ deploy }) => deploy.helm.releases.map(({ name, namespace, chartPath }) => [name, namespace, chartPath]))).toEqual(
      [[['dev-infra', 'enishi', 'helm/dev-infra']], [['enishi', 'enishi', 'helm/enishi']]],
    );
    for (const { chartPath, valuesFiles } of configs.flatMap(({ deploy }) => deploy.helm.releases))
      for (const file of [`${chartPath}/Chart.yaml`, ...valuesFiles]) expect([file, existsSync(join(ROOT, file))]).toEqual([file, true]);
    expect(CHARTS).toBe(join(ROOT, 'helm'));
  });

  it('runs what it has built: each service its own image, and the Jobs one of those', () => {
    const release = configs.flatMap(({ deploy }) => deploy.helm.releases).find(({ name }) => name === 'enishi');
    // Skaffold names an image in a template by its letters and digits: IMAGE_TAG_enishi_parser.
    const built: Record<string, string> = Object.fromEntries(
      artifacts.flatMap(({ image }) => {
        const word = image.replace(/[^A-Za-z0-9]/g, '_');
        return [
          [`{{.IMAGE_REPO_${word}}}`, `built.example/${image}`],
          [`{{.IMAGE_TAG_${word}}}`, 'by-skaffold'],
        ];
      }),
    );
    const set: Record<string, unknown> = values();
    for (const [key, template] of Object.entries(release?.setValueTemplates ?? {})) {
      const value = built[template];
      expect([key, template, typeof value]).toEqual([key, template, 'string']);
      const path = key.split('.');
      let place = set;
      for (const word of path.slice(0, -1)) place = (place[word] ??= {}) as Record<string, unknown>;
      place[path.at(-1) ?? ''] = value;
    }
    const rendered = renderChart('enishi', set);
    for (const service of SERVICES)
      for (const one of [
        singleObject(rendered, 'Deployment', `enishi-${service}`),
        singleObject(rendered, 'Job', `enishi-${service}-migration`),
      ])
        expect(containerOf(one).image).toBe(`built.example/${imageOf(service)}:by-skaffold`);
    const all = SERVICES.map((service) => `built.example/${imageOf(service)}:by-skaffold`);
    for (const name of ['enishi-bootstrap', 'enishi-provisioning'])
      expect(all).toContain(containerOf(singleObject(rendered, 'Job', name)).image);
  });

  it('with the profile `builder`, another builder makes the same images from the same recipe, and watches the same files', () => {
    const patches = configs.flatMap(({ profiles }) => profiles).find(({ name }) => name === 'builder')?.patches;
    expect(patches).toHaveLength(2 * artifacts.length);
    for (const [index, { docker }] of artifacts.entries()) {
      const SERVICE = docker.buildArgs['SERVICE'];
      expect(patches).toContainEqual({ op: 'remove', path: `/build/artifacts/${index}/docker` });
      expect(patches).toContainEqual({
        op: 'add',
        path: `/build/artifacts/${index}/custom`,
        value: {
          buildCommand: `$IMAGE_BUILDER -t $IMAGE -f ${DOCKERFILE} --build-arg SERVICE=${SERVICE} .`,
          dependencies: { dockerfile: { path: DOCKERFILE, buildArgs: { SERVICE } } },
        },
      });
    }
  });
});
