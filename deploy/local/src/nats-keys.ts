/** An NKey per service and one for the operator: seeds in files that only their owner reads, public keys for the server. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SERVICES, type ServiceName } from '@enishi/contracts';
import { generateNkey } from '@enishi/messaging';
import { z } from 'zod';
import type { Layout } from './layout.js';

const PublicKeys = z.record(z.string(), z.string());

export function natsKeys(dir: string): { users: Partial<Record<ServiceName, string>>; operator: string } {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const file = join(dir, 'public-keys.json');
  const known = existsSync(file) ? PublicKeys.parse(JSON.parse(readFileSync(file, 'utf8'))) : {};
  const keyOf = (name: string): string => {
    const seedFile = join(dir, `${name}.nk`);
    const publicKey = known[name];
    if (publicKey !== undefined && existsSync(seedFile)) return publicKey;
    const pair = generateNkey();
    writeFileSync(seedFile, pair.seed, { mode: 0o600 });
    return pair.publicKey;
  };
  const users = Object.fromEntries(SERVICES.map((name) => [name, keyOf(name)]));
  const operator = keyOf('operator');
  writeFileSync(file, JSON.stringify({ ...users, operator }));
  return { users, operator };
}

/** Who may do everything on this platform's bus: provisioning, dead letters. */
export function operatorLogin(layout: Layout): { url: string; nkeySeed: string } {
  return { url: `nats://127.0.0.1:${layout.ports.nats}`, nkeySeed: readFileSync(layout.path('nats', 'operator.nk'), 'utf8') };
}
