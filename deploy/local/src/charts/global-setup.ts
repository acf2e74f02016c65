/** Global setup of the jest project `charts`: helm is there before several workers look for it at once. */
import { findHelm } from '@enishi/infra';
import { SHARED_CACHE } from '../layout.js';

export default async function setUp(): Promise<void> {
  await findHelm(SHARED_CACHE, (message) => process.stderr.write(`${message}\n`));
}
