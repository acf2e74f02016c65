import { createUser } from '@nats-io/nkeys';

/** A new NKey of a user: the seed is the service's secret, the public key stands in the server's configuration. */
export function generateNkey(): { seed: string; publicKey: string } {
  const pair = createUser();
  return { seed: new TextDecoder().decode(pair.getSeed()), publicKey: pair.getPublicKey() };
}
