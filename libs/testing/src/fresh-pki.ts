import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KeyUse } from '@enishi/contracts';
import {
  certifyKey,
  createRoot,
  generateSealingKey,
  generateSigningKey,
  jwkThumbprint,
  type PrivateSealingJwk,
  type PrivateSigningJwk,
  thumbprintOfRoot,
} from '@enishi/crypto';
import { createDevCa, type DevCa, issueCert, writeKeyAndCert } from '@enishi/infra';

const VALID_FOR_SECONDS = 86_400;

/** File paths under the names that the launcher gives them in `.enishi/pki`, and what is in them. */
export interface FreshPki {
  dir: string;
  rootFile: string;
  rootKeyFile: string;
  orderKeyFile: string;
  orderKeyStatementFile: string;
  resultKeyFile: string;
  resultKeyStatementFile: string;
  connectorKeyFile: string;
  connectorKeyStatementFile: string;
  storageKeyFile: string;
  internalKeyFile: string;
  internalJwksFile: string;
  tlsCaFile: string;
  tlsCertFile: string;
  tlsKeyFile: string;
  /** Thumbprint of the root, as in an enrolment code. */
  rootThumbprint: string;
  root: { statement: string; privateJwk: PrivateSigningJwk };
  order: { privateJwk: PrivateSigningJwk; statement: string };
  result: { privateJwk: PrivateSealingJwk; statement: string };
  connector: { privateJwk: PrivateSigningJwk; statement: string };
  /** Signs internal JWTs; its `kid` is the one in the JWKS. */
  internal: { privateJwk: PrivateSigningJwk };
  ca: DevCa;
}

/** A development root of its own, the keys that it certifies, a CA and a certificate for localhost. */
export async function freshPki(dir: string): Promise<FreshPki> {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const put = (name: string, content: string | object) => {
    const file = join(dir, name);
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content), { mode: 0o600 });
    return file;
  };
  const root = createRoot({ development: true });
  const certify = (use: KeyUse, jwk: Parameters<typeof certifyKey>[1]['jwk']) =>
    certifyKey(root.privateJwk, { use, jwk, validForSeconds: VALID_FOR_SECONDS });
  const orderKey = generateSigningKey();
  const resultKey = generateSealingKey();
  const connectorKey = generateSigningKey();
  const internalKey = generateSigningKey();
  const kid = jwkThumbprint(internalKey.publicJwk);
  const order = { privateJwk: orderKey.privateJwk, statement: certify('order', orderKey.publicJwk) };
  const result = { privateJwk: resultKey.privateJwk, statement: certify('result', resultKey.publicJwk) };
  const connector = { privateJwk: connectorKey.privateJwk, statement: certify('connector', connectorKey.publicJwk) };
  const internal = { privateJwk: { ...internalKey.privateJwk, kid } };
  const ca = await createDevCa(dir);
  const tls = writeKeyAndCert(dir, 'localhost', await issueCert(ca, { kind: 'server', commonName: 'localhost' }));
  return {
    dir,
    rootFile: put('root.jws', root.statement),
    rootKeyFile: put('root.key.json', root.privateJwk),
    orderKeyFile: put('order.key.json', order.privateJwk),
    orderKeyStatementFile: put('order.key.jws', order.statement),
    resultKeyFile: put('result.key.json', result.privateJwk),
    resultKeyStatementFile: put('result.key.jws', result.statement),
    connectorKeyFile: put('connector.key.json', connector.privateJwk),
    connectorKeyStatementFile: put('connector.key.jws', connector.statement),
    storageKeyFile: put('storage.key', randomBytes(32).toString('base64url')),
    internalKeyFile: put('internal.key.json', internal.privateJwk),
    internalJwksFile: put('internal-jwks.json', { keys: [{ ...internalKey.publicJwk, kid, alg: 'EdDSA', use: 'sig' }] }),
    tlsCaFile: ca.certFile,
    tlsCertFile: tls.certFile,
    tlsKeyFile: tls.keyFile,
    rootThumbprint: thumbprintOfRoot(root.statement),
    root,
    order,
    result,
    connector,
    internal,
    ca,
  };
}
