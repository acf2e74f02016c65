/** What happens to database and bus before a release's services start. */
import { SERVICES, schemaOf } from '@enishi/contracts';
import { describe, expect, it } from '@jest/globals';
import { type Manifest, singleObject } from '../../deploy/local/src/charts/manifest.js';
import { renderChart } from '../../deploy/local/src/charts/render.js';
import { containerOf, envOf, ofKind, podOf, renderScenario, values } from './rendered.js';

const HOOK = 'helm.sh/hook';
const rendered = renderScenario('enishi', 'production');
const jobs = ofKind(rendered, 'Job');
const job = (name: string) => singleObject(rendered, 'Job', `enishi-${name}`);
const weightOf = ({ metadata }: Manifest) => Number(metadata.annotations?.['helm.sh/hook-weight']);

describe('the Jobs before a release', () => {
  it('run before install and upgrade, each after what it needs: policies, roles and schemas, streams, then tables', () => {
    const isOurs = (policy: Manifest) => policy.metadata.annotations?.[HOOK] !== undefined;
    const policies = ofKind(rendered, 'NetworkPolicy').filter(isOurs);
    const migrations = SERVICES.map((service) => job(`${service}-migration`));
    expect(jobs).toHaveLength(2 + SERVICES.length);
    expect(policies).toHaveLength(jobs.length);
    for (const { metadata } of [...policies, ...jobs]) expect(metadata.annotations?.[HOOK]).toBe('pre-install,pre-upgrade');
    const stages = [policies, [job('bootstrap')], [job('provisioning')], migrations].map((stage) => stage.map(weightOf));
    for (const [index, stage] of stages.slice(1).entries()) expect(Math.min(...stage)).toBeGreaterThan(Math.max(...(stages[index] ?? [])));
  });

  it('are the release’s only hooks: services start when all of them have ended well', () => {
    const hooked = rendered.filter(({ metadata }) => metadata.annotations?.[HOOK] !== undefined).map(({ kind }) => kind);
    expect(new Set(hooked)).toEqual(new Set(['Job', 'NetworkPolicy']));
  });

  it('go when they have done their work, and stay for whoever asks why when they have not', () => {
    for (const { metadata, spec } of jobs) {
      expect(metadata.annotations?.['helm.sh/hook-delete-policy']).toBe('before-hook-creation,hook-succeeded');
      expect(spec).toMatchObject({ backoffLimit: 3, activeDeadlineSeconds: 600, template: { spec: { restartPolicy: 'Never' } } });
    }
  });

  it.each(SERVICES)('the migration of %s runs the image that is about to start, as the service’s own role', (service) => {
    const migration = job(`${service}-migration`);
    expect(containerOf(migration).image).toBe(containerOf(singleObject(rendered, 'Deployment', `enishi-${service}`)).image);
    expect(containerOf(migration).args).toEqual(['/app/libs/database/dist/cli.js', 'migrate', '--service', service]);
    expect(envOf(migration).DATABASE_URL).toMatch(
      new RegExp(`^postgresql://${schemaOf(service)}@enishi-postgres-rw\\.databases\\.svc:5432/`),
    );
    expect(secretsOf(migration)).toEqual([`enishi-${service}-database`, 'enishi-postgres-ca']);
  });

  it('only the bootstrap holds the administrator’s password, and it knows the password of each service’s role', () => {
    expect(secretsOf(job('bootstrap'))).toEqual(['enishi-database-admin', 'enishi-postgres-ca']);
    expect(envOf(job('bootstrap')).DATABASE_ADMIN_URL).toMatch(/^postgresql:\/\/postgres@/);
    const sources = SERVICES.map((service) => ({
      secret: { name: `enishi-${service}-database`, optional: true, items: [{ key: 'password', path: service }] },
    }));
    const projected = podOf(job('bootstrap')).spec.volumes?.find(({ name }) => name === 'passwords') as unknown as {
      projected: { sources: unknown[]; defaultMode: number };
    };
    expect(projected.projected.defaultMode).toBe(0o440);
    expect(projected.projected.sources).toHaveLength(sources.length);
    expect(projected.projected.sources).toEqual(expect.arrayContaining(sources));
    for (const other of [...jobs, ...ofKind(rendered, 'Deployment')])
      if (other !== job('bootstrap')) expect(secretsOf(other)).not.toContain('enishi-database-admin');
  });

  it('the provisioning holds the operator’s NKey, by TLS, and makes as many copies as values say', () => {
    expect(secretsOf(job('provisioning'))).toEqual(['enishi-operator-bus']);
    expect(envOf(job('provisioning'))).toMatchObject({
      NATS_URL: 'tls://nats.messaging.svc:4222',
      NATS_CA_FILE: '/etc/enishi/bus-ca/ca.crt',
      NATS_NKEY_FILE: '/etc/enishi/bus/nkey',
      NATS_REPLICAS: '3',
    });
  });

  it('mount every file that they are told of', () => {
    for (const one of jobs) {
      const mounts = (containerOf(one).volumeMounts ?? []).map(({ mountPath }) => mountPath);
      const paths = [...Object.values(envOf(one)), ...(containerOf(one).args ?? [])].filter((text) => text.startsWith('/etc/'));
      for (const path of paths) expect([path, mounts.some((mount) => `${path}/`.startsWith(`${mount}/`))]).toEqual([path, true]);
    }
  });
});

it('what somebody has made beforehand is not made again', () => {
  const without = renderChart('enishi', { ...values(), bootstrap: { enabled: false }, provision: { enabled: false } });
  expect(ofKind(without, 'Job').map(({ metadata }) => metadata.name)).toHaveLength(SERVICES.length);
});

it('a migration says the version that it brings', () => {
  const migration = singleObject(renderChart('parser', { ...values({ image: { tag: '1.2.3' } }), image: { tag: '1.2.4' } }), 'Job');
  expect(podOf(migration).labels['app.kubernetes.io/version']).toBe('1.2.4');
});

function secretsOf(manifest: Manifest): string[] {
  return (podOf(manifest).spec.volumes ?? []).flatMap(({ secret }) => (secret ? [secret.secretName] : []));
}
