import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readCharts } from './chart-folders.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'enishi-charts-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function write(file: string, content: string): void {
  mkdirSync(dirname(join(dir, file)), { recursive: true });
  writeFileSync(join(dir, file), content);
}
function chart(name: string, needs: readonly string[] = []): void {
  const dependencies = needs.map((need) => ({ name: need, repository: `file://../${need}` }));
  write(`${name}/Chart.yaml`, JSON.stringify({ name, version: '0.1.0', dependencies }));
}

describe('the charts of a folder', () => {
  it('come after those that they need', () => {
    chart('all', ['service']);
    chart('service', ['common']);
    chart('common');
    expect(readCharts(dir).map(({ name }) => name)).toEqual(['common', 'service', 'all']);
  });

  it('may not need each other, nor what is not there, nor a repository', () => {
    chart('a', ['b']);
    expect(() => readCharts(dir)).toThrow('a/Chart.yaml needs file://../b, which is no chart');
    chart('b', ['a']);
    expect(() => readCharts(dir)).toThrow('charts need each other: a → b → a');
    write('b/Chart.yaml', JSON.stringify({ name: 'b', dependencies: [{ name: 'nats', repository: 'https://nats.example' }] }));
    expect(() => readCharts(dir)).toThrow('nats must come from file://../<chart>');
  });

  it('have scenarios, whose first comments say what helm is told and what is waived', () => {
    chart('a');
    write(
      'a/scenarios/metrics.yaml',
      '# With an autoscaler\n# helm: --api-versions metrics.k8s.io/v1beta1\n# waives spread: one node\nx: 1\n# helm: --late\n',
    );
    write('a/scenarios/rendered/metrics.yaml', '');
    expect(readCharts(dir)[0]?.scenarios).toEqual([
      {
        name: 'metrics',
        file: join(dir, 'a', 'scenarios', 'metrics.yaml'),
        flags: ['--api-versions', 'metrics.k8s.io/v1beta1'],
        waived: ['spread'],
      },
    ]);
  });

  it('waive nothing without a reason', () => {
    chart('a');
    write('a/scenarios/default.yaml', '# waives spread\n');
    expect(() => readCharts(dir)).toThrow('write "# waives <rule>: <reason>"');
  });
});
