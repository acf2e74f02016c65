import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SERVICES } from '@enishi/contracts';
import { generateNkey, natsAccounts } from '@enishi/messaging';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { natsValues } from './kubernetes.js';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'enishi-nats-values-'));
});
afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const key = () => generateNkey().publicKey;

function fileOf(content: unknown): string {
  const file = join(dir, 'public-keys.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

describe('kubernetes nats-values', () => {
  it('prints the accounts of the server under config.merge: that of the streams and one for each service, with their permissions', () => {
    const write = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
    const operator = key();
    const users = Object.fromEntries(SERVICES.map((service) => [service, key()]));
    natsValues(fileOf({ operator, users }));
    const printed = JSON.parse(write.mock.calls.map(([text]) => String(text)).join('')) as unknown;
    expect(printed).toEqual({ config: { merge: { authorization: { timeout: 5 }, accounts: natsAccounts({ operator, users }) } } });
  });

  it('leaves out a service that has no key', () => {
    const write = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
    const [operator, parser] = [key(), key()];
    natsValues(fileOf({ operator, users: { parser } }));
    const { config } = JSON.parse(String(write.mock.calls[0]?.[0])) as {
      config: { merge: { accounts: Record<string, { users: { nkey: string }[] }> } };
    };
    const keys = Object.values(config.merge.accounts).flatMap((account) => account.users.map(({ nkey }) => nkey));
    expect(keys.sort()).toEqual([operator, parser].sort());
  });

  it('puts a prefix before the name of each account; refuses one that is no name', () => {
    const write = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
    const file = fileOf({ operator: key(), users: {} });
    natsValues(file, { prefix: 'bank-a-' });
    const { config } = JSON.parse(String(write.mock.calls[0]?.[0])) as { config: { merge: { accounts: object } } };
    expect(Object.keys(config.merge.accounts)).toEqual(expect.arrayContaining(['bank-a-parser', 'bank-a-streams']));
    expect(() => natsValues(file, { prefix: 'bank a' })).toThrow('--prefix "bank a"');
  });

  it.each<[what: string, content: unknown, place: RegExp]>([
    ['a seed where the public key belongs', { operator: generateNkey().seed, users: {} }, /: operator: /],
    ['a key of a service that is cut off', { operator: key(), users: { parser: key().slice(0, 40) } }, /: users\.parser: /],
    ['a service that there is not', { operator: key(), users: { parsr: key() } }, /: users.*(?:parsr|Invalid key)/],
    ['no users', { operator: key() }, /: users: /],
    ['a word too many', { operator: key(), users: {}, admin: key() }, /admin/],
    ['what is no object', [], /expected object/],
    ['what is no JSON', 'operator: U', / is no JSON/],
  ])('refuses %s by a sentence with file and place, and prints nothing', (_, content, place) => {
    const write = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
    const file = fileOf(content);
    const refusal = refusalOf(file);
    expect(refusal).toMatchObject({ exitCode: 64, message: expect.stringMatching(place) });
    expect(refusal.message).toContain(file);
    expect(refusal.message).toContain(SERVICES.join(', '));
    // A secret that somebody has put there by mistake is not said again.
    expect(refusal.message).not.toMatch(/\bSU[A-Z2-7]{50,}/);
    expect(write).not.toHaveBeenCalled();
  });

  it('says of a file that is not there that it cannot be read', () => {
    expect(refusalOf(join(dir, 'absent.json'))).toMatchObject({
      exitCode: 66,
      message: expect.stringContaining('absent.json cannot be read'),
    });
  });
});

function refusalOf(file: string): Error {
  try {
    natsValues(file);
  } catch (error) {
    return error as Error;
  }
  throw new Error('it took the file');
}
