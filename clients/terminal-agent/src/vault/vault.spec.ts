import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConnectionId } from '@enishi/contracts';
import { createCa, issueCert, type KeyAndCert } from '@enishi/infra';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Home } from '../home/home.js';
import { FileKeyProvider } from './key-provider.js';
import { MAX_CERTIFICATES, Vault } from './vault.js';

let home: Home;
let vault: Vault;
let issued: KeyAndCert;
const connectionId = ConnectionId.generate();
const origin = 'https://bank.example';
const open = (make = false) => Vault.open(home, new FileKeyProvider(home.vaultKeyFile), { make });
const damaged = expect.objectContaining({ code: 'terminal-agent.home_damaged' });
const nobody = () => {
  throw new Error('nothing to warn of');
};

beforeAll(async () => {
  issued = await issueCert(await createCa({ commonName: 'Bank Client CA' }), { kind: 'client', commonName: 'hanako' });
});
beforeEach(async () => {
  home = new Home(mkdtempSync(join(tmpdir(), 'enishi-vault-')));
  home.make();
  vault = await open(true);
});
afterEach(() => rmSync(home.folder, { recursive: true, force: true }));

describe('the vault', () => {
  it('keeps secrets and certificates over a restart, sealed, for this user only', async () => {
    vault.change(connectionId, {
      origin,
      secrets: { userId: 'canary-user', password: 'canary-pass' },
      certificate: { kind: 'imported', ...issued },
    });
    const file = readFileSync(home.vaultFile);
    expect(file.includes('canary')).toBe(false);
    expect(file.includes('PRIVATE KEY')).toBe(false);
    expect(statSync(home.vaultFile).mode & 0o777).toBe(0o600);
    const kept = (await open()).connection(connectionId);
    expect(kept).toMatchObject({ secrets: { userId: 'canary-user', password: 'canary-pass' }, certificates: [{ kind: 'imported' }] });
  });

  it('A9 changes the credential version with every change, also to the same value, and of that connection only', () => {
    const other = ConnectionId.generate();
    vault.change(other, { origin, secrets: { pin: '1' } });
    const before = vault.credentialVersions()[other];
    const versions = new Set<string | undefined>();
    for (const password of ['a', 'b', 'b']) {
      vault.change(connectionId, { origin, secrets: { password } });
      versions.add(vault.credentialVersions()[connectionId]);
    }
    vault.change(connectionId, { origin, certificate: { kind: 'imported', ...issued } });
    versions.add(vault.credentialVersions()[connectionId]);
    expect(versions.size).toBe(4);
    expect(vault.credentialVersions()[other]).toBe(before);
  });

  it('adds to what is there: a new password leaves the user id and the certificates', () => {
    vault.change(connectionId, { origin, secrets: { userId: 'u', password: 'old' }, certificate: { kind: 'imported', ...issued } });
    vault.change(connectionId, { origin, secrets: { password: 'new' } });
    expect(vault.connection(connectionId)).toMatchObject({
      secrets: { userId: 'u', password: 'new' },
      certificates: [{ kind: 'imported' }],
    });
  });

  it('keeps a limited number of certificates, each once', () => {
    for (let index = 0; index < MAX_CERTIFICATES + 3; index++)
      vault.change(connectionId, { origin, certificate: { kind: 'files', certFile: `/c${index}`, keyFile: '/k' } });
    vault.change(connectionId, { origin, certificate: { kind: 'files', certFile: '/c12', keyFile: '/k' } });
    const files = vault.connection(connectionId)?.certificates.map((stored) => (stored.kind === 'files' ? stored.certFile : ''));
    expect(files).toHaveLength(MAX_CERTIFICATES);
    expect(files?.at(-1)).toBe('/c12');
    expect(new Set(files).size).toBe(MAX_CERTIFICATES);
  });

  it('A2 uses a certificate that was renewed in place, and tells of one that cannot be read', async () => {
    const certFile = join(home.folder, 'user.pem');
    const keyFile = join(home.folder, 'user.key');
    vault.change(connectionId, { origin, certificate: { kind: 'files', certFile, keyFile } });
    const kept = vault.connection(connectionId);
    if (!kept) throw new Error('nothing is kept');
    const warnings: string[] = [];
    expect(vault.certificatesOf(kept, (words) => warnings.push(words))).toEqual([]);
    expect(warnings).toEqual([expect.stringContaining('user.pem')]);
    for (const commonName of ['hanako', 'hanako renewed']) {
      const { certPem, keyPem } = await issueCert(await createCa({ commonName: 'Bank Client CA' }), { kind: 'client', commonName });
      writeFileSync(certFile, certPem);
      writeFileSync(keyFile, keyPem);
      expect(vault.certificatesOf(kept, nobody)).toMatchObject([{ subject: commonName }]);
    }
  });

  it('A2 forgets what was given for one origin when the connection is given another', () => {
    vault.change(connectionId, { origin, secrets: { password: 'old' }, certificate: { kind: 'imported', ...issued } });
    vault.change(connectionId, { origin: 'https://other.example', secrets: { userId: 'u' } });
    expect(vault.connection(connectionId)).toMatchObject({ origin: 'https://other.example', certificates: [], secrets: { userId: 'u' } });
    expect(vault.connection(connectionId)?.secrets).not.toHaveProperty('password');
  });

  it('refuses a change while another one is being written, instead of losing one of them', () => {
    writeFileSync(home.vaultLockFile, '');
    expect(() => vault.change(connectionId, { origin, secrets: { pin: '1' } })).toThrow(
      expect.objectContaining({ code: 'terminal-agent.vault_busy', place: home.vaultLockFile }),
    );
    expect(vault.connection(connectionId)).toBeUndefined();
    rmSync(home.vaultLockFile);
    vault.change(connectionId, { origin, secrets: { pin: '1' } });
    expect(readdirSync(home.folder)).not.toContain('vault.lock');
  });

  it('is told damaged, by file, under another key, with a turned bit, and when its key is gone', async () => {
    vault.change(connectionId, { origin, secrets: { pin: '1' } });
    const sealed = readFileSync(home.vaultFile);
    sealed[40] = (sealed[40] ?? 0) ^ 1;
    writeFileSync(home.vaultFile, sealed);
    expect(() => vault.connection(connectionId)).toThrow(damaged);
    rmSync(home.vaultKeyFile);
    await expect(open()).rejects.toEqual(damaged);
    await open(true);
    const stranger = await open();
    expect(() => stranger.connection(connectionId)).toThrow(damaged);
    writeFileSync(home.vaultKeyFile, 'short');
    await expect(open()).rejects.toEqual(damaged);
  });
});
