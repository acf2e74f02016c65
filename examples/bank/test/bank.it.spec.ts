import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type RunningBank, startBank } from '../src/bank.js';
import { CUSTOMERS, type Customer } from '../src/ledger/customers.js';
import { type Truth, type TruthAccount, truthOf } from '../src/ledger/truth.js';
import { Authority, type IssuedCertificate } from '../src/site/authority.js';
import { Client } from './client.js';
import { decode, extract, parsePage, select, text, yen } from './page-reader.js';

const TODAY = '2026-11-20';
const SEED = 42;
/** What a client sees depends on whether the alert or the end of the connection comes first. */
const ENDED_IN_TLS = /alert|ECONNRESET|EPIPE|hang up|disconnected/i;
const [hanako, taro] = CUSTOMERS as [Customer, Customer];
let dir: string;
let bank: RunningBank;
let certificate: IssuedCertificate;

const admin = async (method: string, path: string, body?: object) => {
  const headers = body ? { 'content-type': 'application/json' } : undefined;
  const response = await fetch(`${bank.adminUrl}${path}`, { method, headers, body: body && JSON.stringify(body) });
  return { status: response.status, json: response.status === 204 ? null : ((await response.json()) as Record<string, never>) };
};
const browser = (with_: IssuedCertificate = certificate): Client =>
  new Client(bank.origin, { ca: bank.ca, cert: with_.certificate, key: with_.key });

async function logIn(client: Client, customer: Customer) {
  const form = parsePage((await client.fetch('GET', '/ib/login')).body);
  const _csrf = extract(form, { select: 'input[name="_csrf"]', attribute: 'value' }) ?? '';
  return client.fetch('POST', '/ib/login', { _csrf, userId: customer.userId, password: customer.password, next: 'accounts' });
}

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tsubame-'));
  bank = await startBank({ dir, port: 0, adminPort: 0, seed: SEED, today: TODAY, idleSeconds: 300 });
  certificate = await (await Authority.open(dir)).issueForCustomer('hanako', hanako.userId, 365);
});
afterAll(async () => {
  await bank.close();
  rmSync(dir, { recursive: true });
});
beforeEach(async () => {
  for (const path of ['/scenario', '/counters', '/sessions', '/locks']) await admin('DELETE', path);
});

describe('A2 the bank lets in only holders of its certificates', () => {
  it('refuses in TLS who shows none, and serves no page', async () => {
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const)
      await expect(new Client(bank.origin, { ca: bank.ca, maxVersion }).fetch('GET', '/ib/login')).rejects.toThrow(ENDED_IN_TLS);
    expect((await admin('GET', '/counters')).json).toMatchObject({ refusedWithoutCertificate: 2, requestsTotal: 0 });
  });

  it('refuses in TLS a certificate of another bank with the same names, and one that has expired', async () => {
    const other = await Authority.open(join(dir, 'other-bank'));
    const foreign = await other.issueForCustomer('hanako', hanako.userId, 365);
    const expired = await (await Authority.open(dir)).issueForCustomer('hanako', hanako.userId, -1);
    for (const wrong of [foreign, expired]) await expect(browser(wrong).fetch('GET', '/ib/login')).rejects.toThrow(ENDED_IN_TLS);
    expect((await admin('GET', '/counters')).json).toMatchObject({ refusedCertificate: 2, requestsTotal: 0 });
  });

  it('shows a server certificate of its own CA, which no other CA vouches for', async () => {
    const { serverCaPem } = await Authority.open(join(dir, 'other-bank'));
    const client = new Client(bank.origin, { ca: serverCaPem, cert: certificate.certificate, key: certificate.key });
    await expect(client.fetch('GET', '/ib/login')).rejects.toThrow(/certificate/);
  });

  it('refuses the login of one customer with the certificate of another', async () => {
    const answer = await logIn(browser(), taro);
    expect([answer.status, decode(answer.body).includes('電子証明書とご契約番号が一致しません')]).toEqual([200, true]);
  });

  it('two processes that open the same new directory agree on one authority', async () => {
    const shared = join(dir, 'shared');
    const opened = await Promise.all([1, 2, 3].map(() => Authority.open(shared)));
    expect(new Set(opened.map(({ clientCaPem }) => clientCaPem)).size).toBe(1);
  });
});

describe('A4 what the bank shows is what its ledger holds', () => {
  it.each([hanako, taro])('for $name: accounts, downloads and pages give the truth', async (customer) => {
    const own = await (await Authority.open(dir)).issueForCustomer(customer.name, customer.userId, 365);
    const client = browser(own);
    expect((await logIn(client, customer)).headers.location).toBe('/ib/accounts');
    const truth = (await admin('GET', `/truth?user=${customer.name}`)).json as unknown as Truth;
    expect(truth).toEqual(truthOf(SEED, customer.name, TODAY));
    const list = await client.fetch('GET', '/ib/accounts');
    expect(list.headers['content-type']).toBe('text/html; charset=Shift_JIS');
    const rows = select(parsePage(list.body), 'table.kouza tr.kouza-row');
    expect(rows.map((row) => [text(select(row, 'td.bango')[0] as never).trim(), yen(text(select(row, 'b')[0] as never))])).toEqual(
      truth.accounts.map(({ number, balance }) => [number, Number(balance)]),
    );
    for (const account of truth.accounts)
      expect(await shownOf(client, account)).toEqual(account.transactions.map(({ amount }) => Number(amount)));
  });
});

/** Signed yen of every entry, oldest first, as the account's own channel shows them. */
async function shownOf(client: Client, account: TruthAccount): Promise<number[]> {
  const period = `from=${account.from.replaceAll('-', '')}&to=${account.to.replaceAll('-', '')}`;
  if (account.channel === 'html') {
    const amounts: number[] = [];
    let next: string | null = '1';
    while (next) {
      const page = parsePage((await client.fetch('GET', `/ib/history?account=${account.key}&${period}&page=${next}`)).body);
      for (const row of select(page, 'table.meisai tr.meisai-row'))
        amounts.push((yen(extract(row, { select: 'td.azukari' })) ?? 0) - (yen(extract(row, { select: 'td.shiharai' })) ?? 0));
      next = extract(page, { select: 'a.next', attribute: 'href', capture: 'page=(\\d+)' });
    }
    return amounts;
  }
  const file = await client.fetch('GET', `/ib/download?account=${account.key}&format=${account.channel}&${period}`);
  expect(file.headers['content-disposition']).toMatch(/^attachment; filename="meisai_/);
  const lines = decode(file.body).split('\r\n');
  if (account.channel === 'zengin')
    return lines.filter((line) => line.startsWith('2')).map((line) => (line[21] === '1' ? 1 : -1) * Number(line.slice(24, 36)) || 0);
  const number = (field: string | undefined): number => Number((field ?? '').replaceAll(/[",]/g, ''));
  return lines
    .filter((line) => /^"\d{4}\//.test(line))
    .map((line) => line.split('","'))
    .map(([, , out, into]) => number(into) - number(out))
    .toReversed();
}

describe('the admin port plays the bad days of a bank', () => {
  it('maintenance is a 503 on every page', async () => {
    await admin('PATCH', '/scenario', { maintenance: true });
    const answer = await browser().fetch('GET', '/ib/login');
    expect([answer.status, decode(answer.body).includes('システムメンテナンス')]).toEqual([503, true]);
  });

  it('sessions can be ended at once, and wrong tries are counted by customer', async () => {
    const client = browser();
    await logIn(client, hanako);
    expect((await admin('DELETE', '/sessions')).json).toEqual({ ended: 1 });
    expect(decode((await client.fetch('GET', '/ib/accounts')).body)).toContain('タイムアウト');
    await logIn(client, { ...hanako, password: 'wrong-password' });
    expect((await admin('GET', '/counters')).json).toMatchObject({ loginPosts: { hanako: 2 }, loginsAccepted: { hanako: 1 } });
  });

  it('an answer can end in the middle', async () => {
    await admin('PATCH', '/scenario', { cutOn: 'accounts' });
    const client = browser();
    await logIn(client, hanako);
    await expect(client.fetch('GET', '/ib/accounts')).rejects.toThrow(/aborted|hang up/);
  });

  it('an answer can be late, and the rest is not', async () => {
    await admin('PATCH', '/scenario', { slowMs: 300, slowOn: 'login' });
    const began = performance.now();
    await browser().fetch('GET', '/ib/login');
    expect(performance.now() - began).toBeGreaterThanOrEqual(295);
  });

  it('the site can change', async () => {
    await admin('PATCH', '/scenario', { siteChanged: 'accounts' });
    const client = browser();
    await logIn(client, hanako);
    expect(select(parsePage((await client.fetch('GET', '/ib/accounts')).body), 'table.kouza')).toEqual([]);
  });

  it('refuses a scenario that it does not know, naming the field', async () => {
    const answer = await admin('PATCH', '/scenario', { cutOn: 'nowhere' });
    expect([answer.status, answer.json?.error]).toEqual([400, expect.stringContaining('cutOn')]);
    expect((await admin('GET', '/truth?user=jiro')).status).toBe(404);
  });
});

describe('bad requests', () => {
  it('are refused: a form that is too large, a type that the site does not take, a path that is none', async () => {
    expect((await browser().fetch('POST', '/ib/login', { userId: 'x'.repeat(9_000) })).status).toBe(413);
    expect((await browser().fetch('POST', '/ib/login')).status).toBe(200);
    const nothing = await browser().fetch('GET', '/ib/nothing');
    expect([nothing.status, decode(nothing.body).includes('お取扱いできません')]).toEqual([404, true]);
  });
});

describe('the command line', () => {
  const main = join(import.meta.dirname, '..', 'dist', 'main.js');
  const run = (...args: string[]): ChildProcess => spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const firstLine = async (child: ChildProcess): Promise<Record<string, string>> => {
    for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream }))
      return JSON.parse(line) as Record<string, string>;
    throw new Error('The bank said nothing');
  };

  it('serves until SIGTERM, to a certificate that was issued while it ran', async () => {
    const home = join(dir, 'cli');
    const serving = run('serve', '--dir', home, '--port', '0', '--admin-port', '0', '--seed', '7', '--today', TODAY);
    const ended = once(serving, 'exit');
    const ready = await firstLine(serving);
    expect(ready).toMatchObject({ ready: true, seed: 7, today: TODAY, clientIssuer: 'Tsubame Bank Client CA G1' });
    const issued = await firstLine(run('issue-certificate', '--dir', home, '--user', 'taro', '--out', join(home, 'taro')));
    const read = (file: string | undefined): string => readFileSync(file ?? '', 'utf8');
    const client = new Client(ready.origin ?? '', {
      ca: read(ready.caFile),
      cert: read(issued.certificateFile),
      key: read(issued.keyFile),
    });
    expect((await logIn(client, taro)).status).toBe(302);
    expect(await firstLine(run('truth', '--user', 'taro', '--seed', '7', '--today', TODAY))).toEqual(truthOf(7, 'taro', TODAY));
    serving.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  });

  it('tells all problems of its options at once and ends with 64', async () => {
    const child = run('serve', '--port', '99999', '--today', '2026-02-30');
    let told = '';
    child.stderr?.on('data', (chunk: Buffer) => (told += chunk.toString()));
    expect((await once(child, 'close'))[0]).toBe(64);
    for (const option of ['--dir', '--port', '--today']) expect(told).toContain(`${option}: `);
  });
});
