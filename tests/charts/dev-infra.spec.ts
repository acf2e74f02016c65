/** The development infrastructure: as closed as what it stands for. */
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { singleObject } from '../../deploy/local/src/charts/manifest.js';
import { refusalOf, renderChart } from '../../deploy/local/src/charts/render.js';
import { containerOf, envOf, ofKind, podOf, renderScenario } from './rendered.js';

const rendered = renderChart('dev-infra', {});
const dataOf = (name: string) => (singleObject(rendered, 'ConfigMap', name) as unknown as { data: Record<string, string> }).data;

describe('the development infrastructure', () => {
  it('Postgres takes connections from elsewhere by TLS and password only', () => {
    const lines = (dataOf('postgres-access')['pg_hba.conf'] ?? '').trim().split('\n');
    expect(lines.map((line) => line.trim().split(/\s+/))).toEqual([
      ['local', 'all', 'all', 'trust'],
      ['hostssl', 'all', 'all', 'all', 'scram-sha-256'],
    ]);
    const { args = [] } = containerOf(singleObject(rendered, 'StatefulSet', 'postgres'));
    const expected = ['--ssl=on', '--ssl_cert_file=/etc/enishi/tls/tls.crt', '--ssl_key_file=/etc/enishi/tls/tls.key'];
    expect(args).toEqual(expect.arrayContaining([...expected, '--hba_file=/etc/enishi/access/pg_hba.conf']));
    expect(podOf(singleObject(rendered, 'StatefulSet', 'postgres')).spec.volumes).toEqual(
      expect.arrayContaining([
        { name: 'tls', secret: { secretName: 'enishi-postgres-tls', defaultMode: 0o440 } },
        { name: 'access', configMap: { name: 'postgres-access' } },
      ]),
    );
  });

  it('NATS runs on the configuration that is generated from the contracts, with a certificate of its own', () => {
    const nats = singleObject(rendered, 'StatefulSet', 'nats');
    expect(containerOf(nats).args).toEqual(['--config', '/etc/enishi/nats/nats.conf']);
    expect(containerOf(nats).volumeMounts).toEqual(
      expect.arrayContaining([
        { name: 'config', mountPath: '/etc/enishi/nats', readOnly: true },
        { name: 'tls', mountPath: '/etc/enishi/tls', readOnly: true },
      ]),
    );
    expect(podOf(nats).spec.volumes).toEqual([
      { name: 'config', configMap: { name: 'enishi-nats-config' } },
      { name: 'tls', secret: { secretName: 'enishi-nats-tls', defaultMode: 0o440 } },
    ]);
  });

  it('NATS and Postgres keep what they hold when their pod goes', () => {
    for (const name of ['nats', 'postgres']) {
      const { volumeClaimTemplates } = singleObject(rendered, 'StatefulSet', name).spec as {
        volumeClaimTemplates: { metadata: { name: string } }[];
      };
      expect(volumeClaimTemplates.map(({ metadata }) => metadata.name)).toEqual(['data']);
    }
  });

  it('the collector takes OTLP at the port that services are told, and sends it nowhere unless told', () => {
    const { receivers } = parse(dataOf('otel-collector')['config.yaml'] ?? '') as { receivers: object };
    expect(receivers).toMatchObject({ otlp: { protocols: { http: { endpoint: expect.stringMatching(/0\.0\.0\.0:4318\}?$/) } } } });
    // Into its own log.
    expect(envOf(singleObject(rendered, 'Deployment', 'otel-collector'))).toEqual({
      TRACES_EXPORTERS: '[debug/all]',
      LOGS_EXPORTERS: '[debug/all]',
    });
    expect(singleObject(rendered, 'NetworkPolicy', 'otel-collector').spec).not.toHaveProperty('egress');
  });

  it('a Gateway is made where it is asked for, TLS at its door', () => {
    expect(ofKind(rendered, 'Gateway')).toEqual([]);
    expect(singleObject(renderScenario('dev-infra', 'gateway'), 'Gateway').spec).toEqual({
      gatewayClassName: 'traefik',
      listeners: [
        {
          name: 'https',
          protocol: 'HTTPS',
          port: 443,
          hostname: 'enishi.kube.test',
          tls: { certificateRefs: [{ name: 'enishi-routes-tls' }] },
        },
      ],
    });
    expect(refusalOf('dev-infra', { gateway: { enabled: true } })).toContain('gateway.className and gateway.host must be set');
  });
});
