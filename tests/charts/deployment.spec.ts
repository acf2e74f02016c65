/** What a service's pods are given, and how they come and go. */
import { describeConfig } from '@enishi/config';
import { SERVICES, type ServiceName } from '@enishi/contracts';
import { describe, expect, it } from '@jest/globals';
import type { z } from 'zod';
import { type Manifest, singleObject } from '../../deploy/local/src/charts/manifest.js';
import { renderChart } from '../../deploy/local/src/charts/render.js';
import { containerOf, envOf, podOf, values } from './rendered.js';

function deployment(chart: string, given: object = values(), options: Parameters<typeof renderChart>[2] = {}): Manifest {
  return singleObject(renderChart(chart, given, options), 'Deployment');
}

async function settingsOf(service: ServiceName): Promise<z.ZodObject> {
  return ((await import(`../../services/${service}/src/config.js`)) as { configSchema: z.ZodObject }).configSchema;
}

describe.each(SERVICES)('the Deployment of %s', (service) => {
  const rendered = deployment(service);
  const pod = podOf(rendered);
  const env = envOf(rendered);

  it('sets every setting that the service needs to start, in a form that it takes', async () => {
    const schema = await settingsOf(service);
    const required = describeConfig(schema).filter((row) => row.required);
    expect(Object.keys(env)).toEqual(expect.arrayContaining(required.map(({ key }) => key)));
    // The files themselves are the cluster's: that they are not here must be all that the service complains of.
    const complaints = schema.safeParse(env).error?.issues ?? [];
    expect(
      complaints.filter(({ message }) => !/^names an? (?:sslrootcert )?(?:file|directory) that does not exist$/.test(message)),
    ).toEqual([]);
  });

  it('mounts the file or folder of each setting that names one, from a volume that there is', () => {
    const paths = Object.entries(env).filter(([, value]) => value.startsWith('/'));
    expect(paths.length).toBeGreaterThan(0);
    const mounted = containerOf(rendered).volumeMounts ?? [];
    for (const [key, path] of paths) {
      const mount = mounted.find(({ mountPath }) => path === mountPath || path.startsWith(`${mountPath}/`));
      expect({ key, isMounted: pod.spec.volumes?.some(({ name }) => name === mount?.name) }).toEqual({ key, isMounted: true });
    }
  });

  it('holds no secret in its environment: passwords and keys are files that the pods’ group alone reads', async () => {
    const secrets = describeConfig(await settingsOf(service)).filter(({ secret }) => secret);
    for (const { key } of secrets)
      expect([key, env[key]]).toEqual([
        key,
        expect.stringMatching(key === 'DATABASE_URL' ? /^postgresql:\/\/[a-z_]+@/ : /^\/etc\/enishi\//),
      ]);
    for (const { secret } of pod.spec.volumes ?? []) if (secret) expect(secret.defaultMode).toBe(0o440);
  });

  it('speaks to the bus and to Postgres by TLS only, and knows both by their CA', () => {
    expect(env).toMatchObject({ NATS_URL: expect.stringMatching(/^tls:/), NATS_CA_FILE: '/etc/enishi/bus-ca/ca.crt' });
    expect(env.DATABASE_URL).toContain('sslmode=verify-full&sslrootcert=/etc/enishi/database-ca/ca.crt');
  });

  it('is asked whether it lives and whether it is ready at its own door, by HTTPS', () => {
    const at = (path: string) => ({ httpGet: { path, port: 'http', scheme: 'HTTPS' } });
    expect(containerOf(rendered)).toMatchObject({ startupProbe: at('/livez'), livenessProbe: at('/livez'), readinessProbe: at('/readyz') });
  });

  it('has no token of the API server, and an identity of its own', () => {
    expect(pod.spec).toMatchObject({ serviceAccountName: `${service}`, automountServiceAccountToken: false, enableServiceLinks: false });
  });

  it('says its version in labels and telemetry', () => {
    expect(pod.labels['app.kubernetes.io/version']).toBe('0.1.0');
    expect(env).toMatchObject({ OTEL_SERVICE_NAME: service, OTEL_RESOURCE_ATTRIBUTES: expect.stringContaining('service.version=0.1.0,') });
  });
});

describe('a Deployment', () => {
  it('gives the settings of `config` as the text that the service reads, however large', () => {
    const config = { RESULT_BYTES_AT_ONCE: 4_294_967_296, LINKS_AT_ONCE: 100_000, LOG_LEVEL: 'warn' };
    expect(envOf(deployment('terminal-relay', { ...values(), config }))).toMatchObject({
      RESULT_BYTES_AT_ONCE: '4294967296',
      LINKS_AT_ONCE: '100000',
      LOG_LEVEL: 'warn',
    });
  });

  it('waits before it ends until no proxy sends anything more, and then has time to end what is under way', () => {
    const preStop = { preStop: { sleep: { seconds: 5 } } };
    expect(podOf(deployment('parser')).spec).toMatchObject({ terminationGracePeriodSeconds: 30, containers: [{ lifecycle: preStop }] });
    const hasty = deployment('parser', { ...values(), drainSeconds: 0, terminationGraceSeconds: 60 });
    expect(podOf(hasty).spec).toMatchObject({ terminationGracePeriodSeconds: 60 });
    expect(containerOf(hasty)).not.toHaveProperty('lifecycle');
  });

  it('never has fewer pods than it should while it is replaced', () => {
    expect(deployment('parser').spec).toMatchObject({ replicas: 2, strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } } });
  });

  it('begins with what the autoscaler has at the least; what it has decided is asked of the cluster', () => {
    const given = { ...values(), replicas: 3, autoscaling: { enabled: true, minReplicas: 4 } };
    expect(deployment('parser', given, { apiVersions: ['metrics.k8s.io/v1beta1'] }).spec).toMatchObject({ replicas: 4 });
    expect(deployment('parser', given).spec).toMatchObject({ replicas: 3 });
  });

  it('runs the image of the release, of its own tag, or of a digest, from the registry that is named', () => {
    const digest = `sha256:${'0'.repeat(64)}`;
    const image = (global: object, own: object = {}) =>
      containerOf(deployment('parser', { ...values({ image: global }), image: own })).image;
    expect(image({})).toBe('enishi/parser:0.1.0');
    expect(image({ registry: 'registry.bank.example:5000/', tag: '1.2.3' })).toBe('registry.bank.example:5000/enishi/parser:1.2.3');
    expect(image({ tag: '1.2.3' }, { tag: '1.2.4' })).toBe('enishi/parser:1.2.4');
    expect(image({ registry: 'r.example' }, { digest })).toBe(`r.example/enishi/parser@${digest}`);
  });

  it('takes from values where it may run, and with which Secrets nodes pull', () => {
    const pod = {
      nodeSelector: { zone: 'a' },
      priorityClassName: 'high',
      tolerations: [{ key: 'x', operator: 'Exists' }],
      annotations: { a: 'b' },
    };
    const rendered = deployment('parser', { ...values({ image: { pullSecrets: ['registry-bank'] } }), pod });
    const { annotations, ...placed } = pod;
    expect(rendered.spec).toMatchObject({
      template: { metadata: { annotations }, spec: { ...placed, imagePullSecrets: [{ name: 'registry-bank' }] } },
    });
  });

  it('opens the terminals’ door at the relay alone', () => {
    const http = { name: 'http', containerPort: 8443 };
    expect(containerOf(deployment('terminal-relay')).ports).toEqual([http, { name: 'terminal', containerPort: 8444 }]);
    expect(containerOf(deployment('parser')).ports).toEqual([http]);
  });

  it('exports telemetry only where a collector is named', () => {
    expect(envOf(deployment('parser'))).not.toHaveProperty('OTEL_EXPORTER_OTLP_ENDPOINT');
    const otlpEndpoint = 'http://otel-collector.telemetry:4318';
    expect(envOf(deployment('parser', values({ otlpEndpoint })))).toMatchObject({ OTEL_EXPORTER_OTLP_ENDPOINT: otlpEndpoint });
  });
});
