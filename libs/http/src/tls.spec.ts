import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type PeerCertificate } from 'node:tls';
import { createCa, issueCert } from '@enishi/infra';
import { createLogger, exposition } from '@enishi/telemetry';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Door, openDoor } from '../test/door.fixture.js';
import { followTls, tlsOf } from './tls.js';

let dir: string;
let ca: Awaited<ReturnType<typeof createCa>>;
let door: Door;
const file = (name: string) => join(dir, name);

async function writeCert(commonName: string, validForSeconds = 86_400) {
  const { certPem, keyPem } = await issueCert(ca, { kind: 'server', commonName, validForSeconds });
  writeFileSync(file('key.pem'), keyPem);
  writeFileSync(file('cert.pem'), certPem);
}

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'enishi-tls-'));
  ca = await createCa({ commonName: 'Test CA' });
  await writeCert('first');
  door = await openDoor({
    config: { HTTP_TLS_CERT_FILE: file('cert.pem'), HTTP_TLS_KEY_FILE: file('key.pem') },
    limits: { tlsLookMs: 20 },
  });
});
afterAll(async () => {
  await door.close();
  rmSync(dir, { recursive: true });
});

function ask(method: string, path: string, body?: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const asked = request(
      `${door.service.url}${path}`,
      { method, ca: ca.certPem, agent: false, headers: { authorization: `Bearer ${door.token()}`, 'content-type': 'application/json' } },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => {
          text += part;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      },
    );
    asked.on('error', reject).end(body);
  });
}

/** Common name of the certificate that a new connection is shown. */
function shownName(options: { maxVersion?: 'TLSv1.1'; port?: number } = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port: door.service.port, host: '127.0.0.1', ca: ca.certPem, minVersion: 'TLSv1', ...options }, () => {
      const certificate: PeerCertificate = socket.getPeerCertificate();
      socket.end();
      resolve(String(certificate.subject.CN));
    });
    socket.on('error', reject);
  });
}

/** As the metrics say it, Unix time. */
async function shownExpiry(door = 'http'): Promise<number> {
  const line = (await exposition())
    .split('\n')
    .find((one) => one.startsWith(`enishi_tls_certificate_expiry_timestamp_seconds{door="${door}"} `));
  return Number(line?.split(' ')[1]);
}
const expiryOf = (name: string) => new X509Certificate(readFileSync(file(name))).validToDate.getTime() / 1_000;

describe('the door over TLS', () => {
  it('serves over TLS, and says so in its URL', async () => {
    expect(door.service.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    expect(await ask('POST', '/v1/things', '{"label":"x"}')).toEqual({ status: 201, text: '{"label":"x"}' });
    expect((await ask('GET', '/livez')).status).toBe(200);
  });

  it('speaks no plain HTTP', async () => {
    await expect(fetch(`http://127.0.0.1:${door.service.port}/livez`)).rejects.toThrow('fetch failed');
  });

  it('refuses TLS older than 1.2', async () => {
    await expect(shownName({ maxVersion: 'TLSv1.1' })).rejects.toThrow(/protocol|version/i);
  });

  it('shows a renewed certificate without a restart, and keeps the old one while the files do not fit', async () => {
    expect(await shownName()).toBe('first');
    expect(await shownExpiry()).toBe(expiryOf('cert.pem'));
    const { keyPem } = await issueCert(ca, { kind: 'server', commonName: 'other' });
    const before = readFileSync(file('key.pem'), 'utf8');
    writeFileSync(file('key.pem'), keyPem);
    while (!door.logged.some((line) => line.includes('TLS files cannot be used'))) await new Promise(setImmediate);
    expect(await shownName()).toBe('first');
    writeFileSync(file('key.pem'), before);
    await writeCert('second', 172_800);
    while ((await shownName()) !== 'second');
    expect(await shownExpiry()).toBe(expiryOf('cert.pem'));
  });

  it('shows the pair that came between its making and the first look, and tells of its expiry', async () => {
    const files = { certFile: file('cert.pem'), keyFile: file('key.pem') };
    const server = createServer(tlsOf(files));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    await writeCert('between', 259_200);
    // Never looks again: what it has, it has from its start.
    const stop = followTls(server, files, { door: 'terminal', everyMs: 3_600_000, log: createLogger('test', 'error') });
    try {
      expect(await shownName({ port: (server.address() as AddressInfo).port })).toBe('between');
      expect(await shownExpiry('terminal')).toBe(expiryOf('cert.pem'));
    } finally {
      stop();
      server.close();
    }
  });

  it('starts with the pair that it was made with while half of another is there, and takes up the whole', async () => {
    const files = { certFile: file('cert.pem'), keyFile: file('key.pem') };
    await writeCert('made with');
    const server = createServer(tlsOf(files));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    writeFileSync(file('key.pem'), (await issueCert(ca, { kind: 'server', commonName: 'other' })).keyPem);
    const stop = followTls(server, files, { door: 'terminal', everyMs: 20, log: createLogger('test', 'error') });
    try {
      expect(await shownName({ port })).toBe('made with');
      await writeCert('whole');
      while ((await shownName({ port })) !== 'whole');
    } finally {
      stop();
      server.close();
    }
  });

  it('never falls back to plain HTTP because half of the pair is missing', async () => {
    await expect(openDoor({ config: { HTTP_TLS_CERT_FILE: file('cert.pem') } })).rejects.toThrow('TLS needs both');
  });
});
