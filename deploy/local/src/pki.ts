/**
 * The development PKI: a root that vouches for the platform's keys (docs/architecture.md), a CA for TLS, keys for the
 * internal JWT. Made once per state folder. In production the root and the connector key stay offline.
 */

import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Connector, type KeyUse } from '@enishi/contracts';
import { certifyKey, createRoot, generateSealingKey, generateSigningKey, sign } from '@enishi/crypto';
import { createDevCa, issueCert, writeKeyAndCert } from '@enishi/infra';
import { z } from 'zod';
import type { Layout } from './layout.js';

const YEAR_SECONDS = 365 * 24 * 3600;

/** Makes what is missing; what is there is kept, so that a restart on the same data finds its terminals again. */
export async function ensurePki(layout: Layout): Promise<void> {
  if (existsSync(layout.path('pki', 'complete'))) return;
  mkdirSync(layout.path('pki'), { recursive: true, mode: 0o700 });
  const secret = (name: string, content: string) => writeFileSync(layout.path('pki', name), content, { mode: 0o600 });
  const open = (name: string, content: string) => writeFileSync(layout.path('pki', name), content);

  const root = createRoot({ development: true });
  open('root.jws', root.statement);
  secret('root.key.json', JSON.stringify(root.privateJwk));
  for (const use of ['order', 'result', 'connector'] satisfies KeyUse[]) {
    const key = use === 'result' ? generateSealingKey() : generateSigningKey();
    secret(`${use}.key.json`, JSON.stringify(key.privateJwk));
    open(`${use}.key.jws`, certifyKey(root.privateJwk, { use, jwk: key.publicJwk, validForSeconds: YEAR_SECONDS }));
  }
  secret('storage.key', randomBytes(32).toString('base64url'));
  secret('identity.key', randomBytes(32).toString('base64url'));

  const internal = generateSigningKey();
  secret('internal.key.json', JSON.stringify(internal.privateJwk));
  open('internal-jwks.json', JSON.stringify({ keys: [{ ...internal.publicJwk, kid: 'development', alg: 'EdDSA', use: 'sig' }] }));

  const ca = await createDevCa(layout.path('pki'));
  writeKeyAndCert(layout.path('pki'), 'localhost', await issueCert(ca, { kind: 'server', commonName: 'localhost' }));
  chmodSync(layout.path('pki'), 0o700);
  open('complete', '');
}

const PrivateJwk = z.looseObject({ kty: z.string(), crv: z.string(), x: z.string(), d: z.string() });

/** Reads a private key of the development PKI. */
export function privateKey(layout: Layout, name: 'connector' | 'internal' | 'order' | 'result'): z.infer<typeof PrivateJwk> {
  return PrivateJwk.parse(JSON.parse(readFileSync(layout.path('pki', `${name}.key.json`), 'utf8')));
}

/** Puts the place of the bank on this machine into a connector and signs it with the development connector key. */
export function signConnector(layout: Layout, file: string, where: { origin: string; serverCa: string }): Connector {
  const connector = Connector.parse({ ...(JSON.parse(readFileSync(file, 'utf8')) as object), ...where });
  const statement = readFileSync(layout.path('pki', 'connector.key.jws'), 'utf8');
  const jws = sign(connector, privateKey(layout, 'connector') as never, { typ: 'enishi-connector+jwt', header: { key: statement } });
  mkdirSync(layout.path('connectors'), { recursive: true });
  writeFileSync(layout.path('connectors', `${connector.id}.jws`), jws);
  return connector;
}
