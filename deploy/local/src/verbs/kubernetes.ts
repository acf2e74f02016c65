/** `kubernetes`: what an install by Helm needs beside the charts (docs/kubernetes.md). */
import { mkdirSync, readFileSync } from 'node:fs';
import { SERVICES, type ServiceName } from '@enishi/contracts';
import { ACCOUNT_PREFIX, AUTHORIZATION_SECONDS, natsAccounts } from '@enishi/messaging';
import { z } from 'zod';
import { readCharts } from '../charts/chart-folders.js';
import { ExpectedFailure } from '../expected-failure.js';
import { developmentManifests, type Release } from '../kubernetes/secrets.js';
import { DEFAULT_PORT_BASE, layoutFor, ROOT, STATE_ON_KUBERNETES } from '../layout.js';

/** Prints, as JSON that kubectl applies, every Secret and ConfigMap that the charts name. They are made once and kept in .enishi/kubernetes. */
export async function secrets(release: Release): Promise<void> {
  mkdirSync(STATE_ON_KUBERNETES, { recursive: true, mode: 0o700 });
  const items = await developmentManifests(layoutFor(DEFAULT_PORT_BASE, STATE_ON_KUBERNETES), release);
  process.stdout.write(`${JSON.stringify({ apiVersion: 'v1', kind: 'List', items }, null, 2)}\n`);
}

/** Puts into the charts what git does not hold: the schemas of their values, and their dependencies (helm/<chart>/charts), so that `helm upgrade --install enishi helm/enishi` works. */
export async function charts(): Promise<void> {
  const [{ helm }, { writeSchemas }] = await Promise.all([import('../charts/helm.js'), import('../charts/chart-files.js')]);
  await writeSchemas();
  for (const { name, folder, needs } of readCharts(`${ROOT}/helm`)) {
    if (needs.length === 0) continue;
    helm(['dependency', 'update', '--skip-refresh', folder]);
    process.stderr.write(`  helm/${name}: ${needs.join(', ')}\n`);
  }
}

const Keys = z.strictObject({
  operator: z.string().regex(/^U[A-Z2-7]{55}$/),
  users: z.partialRecord(z.enum(SERVICES), z.string().regex(/^U[A-Z2-7]{55}$/)),
});

/**
 * Prints, as values for the official NATS chart, the accounts: who may connect and what each may do, generated from the
 * contracts. Helm merges the accounts of two files: with a prefix each, two platforms share one server.
 */
export function natsValues(file: string, { prefix }: { prefix?: string } = {}): void {
  if (prefix !== undefined && !ACCOUNT_PREFIX.test(prefix))
    throw new ExpectedFailure(
      `--prefix ${JSON.stringify(prefix)}: small letters, digits and hyphens, with a hyphen at the end: bank-a-`,
      64,
    );
  const accounts = natsAccounts({ ...publicKeysIn(file), prefix });
  const authorization = { timeout: AUTHORIZATION_SECONDS };
  process.stdout.write(`${JSON.stringify({ config: { merge: { authorization, accounts } } }, null, 2)}\n`);
}

function publicKeysIn(file: string): { operator: string; users: Partial<Record<ServiceName, string>> } {
  const form = `It is {"operator": "U…", "users": {"<service>": "U…"}} with public NKeys of users; services: ${SERVICES.join(', ')}.`;
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const why = error instanceof SyntaxError ? 'is no JSON' : `cannot be read (${(error as NodeJS.ErrnoException).code})`;
    throw new ExpectedFailure(`${file} ${why}. ${form}`, error instanceof SyntaxError ? 64 : 66);
  }
  const parsed = Keys.safeParse(content);
  if (parsed.success) return parsed.data as { operator: string; users: Partial<Record<ServiceName, string>> };
  const problems = parsed.error.issues.map(({ path, message }) => (path.length > 0 ? `${path.join('.')}: ${message}` : message));
  throw new ExpectedFailure(`${file}: ${problems.join('; ')}. ${form}`, 64);
}

export interface OperatorPod {
  readonly namespace: string;
  readonly release: string;
  /** An image of any service of the release. */
  readonly image: string;
  readonly busUrl: string;
}

/**
 * Prints a Pod with the operator's key to the bus, for as long as somebody needs it: dead letters are looked at from there. It
 * has the labels, and so the policy, of the Job that makes the streams.
 */
export function operatorPod({ namespace, release, image, busUrl }: OperatorPod): void {
  const labels = {
    'app.kubernetes.io/name': 'enishi',
    'app.kubernetes.io/instance': release,
    'app.kubernetes.io/component': 'provisioning',
    'app.kubernetes.io/part-of': 'enishi',
  };
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `${release}-operator`, namespace, labels },
    spec: {
      restartPolicy: 'Never',
      // Who forgets to delete it has not left a key lying about for long.
      activeDeadlineSeconds: 3_600,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 65_532,
        runAsGroup: 65_532,
        fsGroup: 65_532,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      containers: [
        {
          name: 'operator',
          image,
          args: ['-e', 'setInterval(() => undefined, 60_000)'],
          env: [
            { name: 'NATS_URL', value: busUrl },
            { name: 'NATS_NKEY_FILE', value: '/etc/enishi/bus/nkey' },
            ...(busUrl.startsWith('tls:') ? [{ name: 'NATS_CA_FILE', value: '/etc/enishi/bus-ca/ca.crt' }] : []),
          ],
          resources: { requests: { cpu: '20m', memory: '96Mi' }, limits: { memory: '384Mi' } },
          securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
          volumeMounts: [
            { name: 'bus', mountPath: '/etc/enishi/bus', readOnly: true },
            { name: 'bus-ca', mountPath: '/etc/enishi/bus-ca', readOnly: true },
          ],
        },
      ],
      volumes: [
        { name: 'bus', secret: { secretName: 'enishi-operator-bus', defaultMode: 0o440 } },
        { name: 'bus-ca', configMap: { name: 'enishi-bus-ca', optional: true } },
      ],
    },
  };
  process.stdout.write(`${JSON.stringify(pod, null, 2)}\n`);
}
