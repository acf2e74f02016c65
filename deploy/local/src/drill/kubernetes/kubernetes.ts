/** The proofs on a real cluster, in the order in which they build upon each other. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ExpectedFailure } from '../../expected-failure.js';
import { ClusterPlatform } from '../../kubernetes/cluster-platform.js';
import { ImageBuilder } from '../../kubernetes/images.js';
import { ROOT, STATE_ON_KUBERNETES } from '../../layout.js';
import { flow } from './flow.js';
import { dryRun, image, install } from './install.js';
import { network } from './network.js';
import type { Proof } from './proof.js';
import { seconds } from './proof.js';
import { replicas } from './replicas.js';
import { restarts } from './restarts.js';
import { routes } from './routes.js';
import { secrets } from './secrets.js';
import { upgrade } from './upgrade.js';

/** `upgrade` is the last: after it the tables are ahead of the images that the others install. */
const PROOFS: readonly Proof[] = [image, install, dryRun, flow, network, replicas, restarts, secrets, routes, upgrade];

/** The file that `--cluster` names; deploy/local/cluster.example.json is one. */
const ClusterFile = z.strictObject({
  /** Made for the drill and deleted by it. */
  namespace: z.string().default('enishi-drill'),
  release: z.string().default('enishi'),
  /** Name of the routes; it resolves on this machine and leads to the cluster's controller. */
  host: z.string(),
  /** A command that takes `-t NAME -f FILE --build-arg K=V DIR` and brings the image to the cluster. */
  builder: z.string().default('docker build'),
  registry: z.string().default(''),
  tag: z.string().default('drill'),
  /** Values files, from the root of the repository. */
  values: z.array(z.string()),
  infraValues: z.array(z.string()).default([]),
});

export async function kubernetes({ cluster: file, only }: { cluster?: string; only?: string }): Promise<void> {
  if (file === undefined)
    throw new ExpectedFailure(
      'drill kubernetes needs --cluster FILE, which says how this cluster is reached: docs/kubernetes.md, "Prove it".',
      64,
    );
  const parsed = ClusterFile.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  if (!parsed.success)
    throw new ExpectedFailure(`${file}: ${parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')}`, 64);
  const chosen = only?.split(',') ?? PROOFS.map(({ name }) => name);
  const unknown = chosen.filter((name) => !PROOFS.some((proof) => proof.name === name));
  if (unknown.length > 0)
    throw new ExpectedFailure(`There is no proof ${unknown.join(', ')}. Proofs: ${PROOFS.map(({ name }) => name).join(', ')}.`, 64);

  const { builder, ...options } = parsed.data;
  const fromRoot = (path: string) => join(ROOT, path);
  const cluster = await ClusterPlatform.create(STATE_ON_KUBERNETES, {
    ...options,
    values: options.values.map(fromRoot),
    infraValues: options.infraValues.map(fromRoot),
  });
  const on = { cluster, images: new ImageBuilder(builder, options.registry) };
  try {
    if (!chosen.includes('install')) {
      await cluster.requireOurs();
      await cluster.startBank();
    }
    for (const proof of PROOFS.filter(({ name }) => chosen.includes(name))) {
      const from = performance.now();
      process.stdout.write(`\n── ${proof.name}: ${proof.shows}\n`);
      cluster.forgetUsers();
      await proof.run(on);
      process.stdout.write(`  holds, ${seconds(from)}\n`);
    }
  } finally {
    await cluster.stop();
  }
}
