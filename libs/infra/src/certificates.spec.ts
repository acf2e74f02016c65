import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Ca, createCa, createDevCa, issueCert } from './certificates.js';

let ca: Ca;
let dir: string;
beforeAll(async () => {
  ca = await createCa({ commonName: 'A CA of a test' });
  dir = mkdtempSync(join(tmpdir(), 'enishi-ca-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** However the server's refusal reaches the client: an alert, a reset, or a bare end. */
const REFUSED = /alert|ECONNRESET|EPIPE|closed the connection/;

/** One TLS handshake in which both sides must show a certificate: the client's name as the server saw it; throws when either refuses. */
async function handshake(server: { certPem: string; keyPem: string }, client?: { certPem: string; keyPem: string }, host = 'localhost') {
  const listening = createServer(
    { cert: server.certPem, key: server.keyPem, ca: ca.certPem, requestCert: true, rejectUnauthorized: true },
    (socket) => {
      socket.end(String(socket.getPeerCertificate().subject.CN));
    },
  ).listen(0, '127.0.0.1');
  listening.on('tlsClientError', () => {});
  await once(listening, 'listening');
  const socket = connect({
    port: (listening.address() as AddressInfo).port,
    host: '127.0.0.1',
    servername: host,
    ca: ca.certPem,
    ...(client && { cert: client.certPem, key: client.keyPem }),
  });
  try {
    let said = '';
    for await (const chunk of socket) said += String(chunk);
    // With TLS 1.3 the client is done before the server looks at its certificate; a refusal may come as a bare end.
    if (said === '') throw new Error('the server closed the connection');
    return said;
  } finally {
    listening.close();
  }
}

describe('certificates', () => {
  it('A2 server and client certificates of one CA carry a mutual TLS handshake', async () => {
    const server = await issueCert(ca, { kind: 'server', commonName: 'bank' });
    const client = await issueCert(ca, { kind: 'client', commonName: 'Hanako' });
    expect(await handshake(server, client)).toBe('Hanako');
  });

  it('no client certificate, one of another CA, or a server certificate in its place: no handshake', async () => {
    const server = await issueCert(ca, { kind: 'server', commonName: 'bank' });
    const stranger = await issueCert(await createCa({ commonName: 'Another CA' }), { kind: 'client', commonName: 'Hanako' });
    await expect(handshake(server)).rejects.toThrow(REFUSED);
    await expect(handshake(server, stranger)).rejects.toThrow(REFUSED);
    await expect(handshake(server, await issueCert(ca, { kind: 'server', commonName: 'Hanako' }))).rejects.toThrow(REFUSED);
  });

  it('a server is believed only under its names, and not after its time', async () => {
    const client = await issueCert(ca, { kind: 'client', commonName: 'Hanako' });
    const server = await issueCert(ca, { kind: 'server', commonName: 'bank', names: ['bank.test', '127.0.0.1'] });
    expect(await handshake(server, client, 'bank.test')).toBe('Hanako');
    await expect(handshake(server, client, 'other.test')).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
    const over = await issueCert(ca, { kind: 'server', commonName: 'bank', validForSeconds: -60 });
    await expect(handshake(over, client)).rejects.toMatchObject({ code: 'CERT_HAS_EXPIRED' });
  });

  it('a leaf cannot sign another', async () => {
    const leaf = new X509Certificate((await issueCert(ca, { kind: 'server', commonName: 'x' })).certPem);
    expect(leaf.ca).toBe(false);
    expect(leaf.checkIssued(new X509Certificate(ca.certPem))).toBe(true);
  });

  it('the development CA stays the same in its directory, and its key is for its owner only', async () => {
    const first = await createDevCa(dir);
    const second = await createDevCa(dir);
    expect(second.certPem).toBe(first.certPem);
    expect(readFileSync(first.certFile, 'utf8')).toBe(first.certPem);
    expect(statSync(first.keyFile).mode & 0o777).toBe(0o600);
  });
});
