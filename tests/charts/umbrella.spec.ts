/** The release as a whole. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SERVICES } from '@enishi/contracts';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';
import { readCharts } from '../../deploy/local/src/charts/chart-folders.js';
import { singleObject } from '../../deploy/local/src/charts/manifest.js';
import { CHARTS, renderChart } from '../../deploy/local/src/charts/render.js';
import { ROOT } from '../../deploy/local/src/layout.js';
import { containerOf, envOf, ofKind, values } from './rendered.js';

const ChartYaml = z.looseObject({
  type: z.string(),
  version: z.string(),
  appVersion: z.string().optional(),
  dependencies: z.array(z.looseObject({ name: z.string(), version: z.string() })).default([]),
});
const yamlOf = (chart: string) => ChartYaml.parse(parse(readFileSync(join(CHARTS, chart, 'Chart.yaml'), 'utf8')));
const { version } = z.looseObject({ version: z.string() }).parse(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')));

describe('the release', () => {
  it('is made of every service, and of nothing else', () => {
    expect(yamlOf('enishi').dependencies.map(({ name }) => name)).toEqual(['common', ...SERVICES]);
  });

  it.each(readCharts(CHARTS).map(({ name }) => name))('%s has the version of the project, and asks for the same of others', (chart) => {
    const { type, dependencies, ...yaml } = yamlOf(chart);
    expect(yaml.version).toBe(version);
    // A library runs nothing.
    expect(yaml.appVersion).toBe(type === 'library' ? undefined : version);
    for (const dependency of dependencies) expect(dependency).toMatchObject({ version, repository: `file://../${dependency.name}` });
  });

  it('takes what is said once for all services, and what is said for one of them alone', () => {
    const rendered = renderChart('enishi', {
      ...values({ image: { registry: 'r.example', tag: '1.2.3' }, otlpEndpoint: 'http://otel:4318' }),
      parser: { replicas: 4, config: { SEALED_PAGE_DAYS: 14 } },
    });
    for (const service of SERVICES) {
      const deployment = singleObject(rendered, 'Deployment', `enishi-${service}`);
      expect(containerOf(deployment).image).toBe(`r.example/enishi/${service}:1.2.3`);
      expect(envOf(deployment).OTEL_EXPORTER_OTLP_ENDPOINT).toBe('http://otel:4318');
      expect(envOf(deployment).SEALED_PAGE_DAYS).toBe(service === 'parser' ? '14' : undefined);
      expect(deployment.spec).toMatchObject({ replicas: service === 'parser' ? 4 : 2 });
    }
  });

  it('prepares database and bus with the image that values name for it', () => {
    const digest = `sha256:${'0'.repeat(63)}1`;
    const operator = { image: { repository: 'enishi/parser', digest } };
    const rendered = renderChart('enishi', { ...values({ image: { registry: 'r.example' } }), operator });
    for (const name of ['enishi-bootstrap', 'enishi-provisioning'])
      expect(containerOf(singleObject(rendered, 'Job', name)).image).toBe(`r.example/enishi/parser@${digest}`);
  });

  it('can stand in one namespace more than once: everything has the name of its release', () => {
    const rendered = renderChart('enishi', values(), { release: 'blue' });
    for (const { metadata } of rendered) expect(metadata.name).toMatch(/^blue-/);
    expect(ofKind(rendered, 'Deployment')).toHaveLength(SERVICES.length);
  });
});
