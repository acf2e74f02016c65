/** Global setup of the jest project `charts`: what they need is there before several workers look for it at once. */
import { findHelm, findKubernetesSchemas } from '@enishi/infra';
import { SHARED_CACHE } from '../layout.js';
import { writeSchemas } from './chart-files.js';

export default async function setUp(): Promise<void> {
  const progress = (message: string) => void process.stderr.write(`${message}\n`);
  await writeSchemas();
  await findHelm(SHARED_CACHE, progress);
  await findKubernetesSchemas(SHARED_CACHE, progress);
}
