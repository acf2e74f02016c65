import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connector } from '@enishi/contracts';
import { CONNECTOR_TYP, certifyKey, createRoot, generateSigningKey, sign, verifyOwnRoot } from '@enishi/crypto';
import { createLogger } from '@enishi/telemetry';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { sampleConnector } from '../test/sample-connector.js';
import { Connectors, readConnectors } from './connectors.js';

const { statement, privateJwk } = createRoot({ development: true });
const root = verifyOwnRoot(statement);
const key = generateSigningKey();
const certificate = certifyKey(privateJwk, { use: 'connector', jwk: key.publicJwk, validForSeconds: 60 });
const log = createLogger('test', 'error', { write: () => undefined });

let dir: string;
let writes = 0;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'connectors-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

function put(name: string, content: string): void {
  writeFileSync(join(dir, name), content);
  writes += 1;
  utimesSync(join(dir, name), writes, writes);
}
const signed = (change: object = {}, by = key.privateJwk, header: { key?: string } = { key: certificate }) =>
  sign(Connector.parse({ ...sampleConnector(), ...change }), by, { typ: CONNECTOR_TYP, header });

describe('connectors are believed by their signature alone', () => {
  it.each<[string, string, string]>([
    ['not signed', 'sample-bank.jws', JSON.stringify(sampleConnector())],
    ['signed by a key that nobody certified', 'sample-bank.jws', signed({}, generateSigningKey().privateJwk)],
    ['signed without its certificate', 'sample-bank.jws', signed({}, key.privateJwk, {})],
    ['under the name of another', 'other-bank.jws', signed()],
  ])('%s: refused by its file', (_what, file, content) => {
    put(file, content);
    const { connectors, problems } = readConnectors(dir, root);
    expect(connectors.size).toBe(0);
    expect(problems).toEqual([expect.stringMatching(new RegExp(`^${file}: `))]);
  });
  it('a good one is kept beside a bad one', () => {
    put('sample-bank.jws', signed());
    put('bad-bank.jws', 'x');
    const { connectors, problems } = readConnectors(dir, root);
    expect([...connectors.keys()]).toEqual(['sample-bank']);
    expect(problems).toHaveLength(1);
  });
});

describe('connectors as they are now', () => {
  it('a new version is taken up; an older or a broken one never replaces a good one', () => {
    let now = 0;
    put('sample-bank.jws', signed({ version: 3 }));
    const connectors = new Connectors(dir, root, log, () => now);
    const version = () => {
      now += 1_000;
      return connectors.find('sample-bank')?.connector.version;
    };
    expect(version()).toBe(3);
    put('sample-bank.jws', signed({ version: 4 }));
    expect(version()).toBe(4);
    put('sample-bank.jws', signed({ version: 2 }));
    expect(version()).toBe(4);
    put('sample-bank.jws', 'broken');
    expect(version()).toBe(4);
    rmSync(join(dir, 'sample-bank.jws'));
    expect(version()).toBeUndefined();
  });
});
