/** The whole flow on real processes: bank, PC, relay, dispatcher, parser, phone (A1–A7). */
import { readFileSync } from 'node:fs';
import { connect as connectPlain } from 'node:net';
import { join } from 'node:path';
import { type ConnectionId, listAccounts, type RunProgress, SERVICES, setAccess, type TerminalId } from '@enishi/contracts';
import { waitFor } from '@enishi/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Refused } from '../../deploy/local/src/api-client.js';
import { knockWithoutCertificate, readTransactions } from '../../deploy/local/src/demo/aggregation.js';
import { askTruth, bankCounters } from '../../deploy/local/src/demo/bank-truth.js';
import { HANAKO, Holder } from '../../deploy/local/src/demo/holder.js';
import { rowsEqualLedger } from '../../deploy/local/src/drill/kill.js';
import { type OwnPlatform, ownPlatform } from './own-platform.js';

let own: OwnPlatform;
let hanako: Holder;
let terminalId: TerminalId;
let connectionId: ConnectionId;
const first: RunProgress[] = [];

beforeAll(async () => {
  own = await ownPlatform();
  hanako = new Holder(own.platform, 'hanako');
  terminalId = await hanako.enrolTerminal();
  await hanako.startAgent();
  connectionId = await hanako.connectBank(terminalId, HANAKO);
  await hanako.watchToEnd(await hanako.startRun(connectionId), (progress) => void first.push(progress));
}, 180_000);
afterAll(async () => own?.stop(), 60_000);

describe('a run', () => {
  it('A1 A4 A5 goes from order to order until the condition is met, and stores what was read', () => {
    expect(first.at(-1)).toMatchObject({ kind: 'finished' });
    const ordered = first.filter(({ kind }) => kind === 'ordered');
    expect(ordered.length).toBeGreaterThan(6);
    expect(first.filter(({ kind }) => kind === 'read')).toHaveLength(ordered.length);
    expect(
      first.find(({ kind }) => kind === 'committed')?.accounts?.every(({ reconciliation }) => reconciliation.state !== 'mismatch'),
    ).toBe(true);
  });

  it("A5 the stored rows are exactly the bank's own ledger", async () => {
    await expect(rowsEqualLedger(hanako)).resolves.toBeUndefined();
  });

  it('A2 the bank refuses the same request without the certificate', async () => {
    expect(await knockWithoutCertificate(own.platform.layout)).toMatch(/alert|certificate required/i);
  });

  it('A3 the PC asked the bank for nothing but what was ordered', async () => {
    const orders = first.filter(({ kind }) => kind === 'ordered').length;
    expect((await bankCounters(own.platform.layout)).requestsTotal).toBe(orders);
  });

  it('A5 a second run adds nothing twice, and logs in once', async () => {
    const before = (await bankCounters(own.platform.layout)).loginPosts[HANAKO.user];
    const told: RunProgress[] = [];
    await hanako.watchToEnd(await hanako.startRun(connectionId), (progress) => void told.push(progress));
    const committed = told.find(({ kind }) => kind === 'committed');
    expect(committed?.accounts?.length).toBeGreaterThan(2);
    expect(committed?.accounts?.map(({ added }) => added)).toEqual(committed?.accounts?.map(() => 0));
    expect((await bankCounters(own.platform.layout)).loginPosts[HANAKO.user]).toBe((before ?? 0) + 1);
  }, 60_000);

  it('is one trace from the start through dispatcher, relay, agent, the bank call and the parser', async () => {
    const services = ['command-dispatcher', 'terminal-relay', 'terminal-agent', 'parser'];
    const trace = await waitFor(
      async () => {
        const spans = await own.spans();
        const bankCall = spans.find(
          ({ service, attributes }) => service === 'terminal-agent' && attributes['server.address'] === 'localhost',
        );
        const together = spans.filter(({ traceId }) => traceId === bankCall?.traceId);
        return services.every((name) => together.some(({ service }) => service === name)) ? together : undefined;
      },
      { timeoutMs: 15_000 },
    );
    const calls = trace.filter(({ service, kind }) => service === 'terminal-agent' && kind === 3);
    expect(calls.length).toBe(first.filter(({ kind }) => kind === 'ordered').length);
    const ids = new Set(trace.map(({ spanId }) => spanId));
    expect(calls.every(({ parentSpanId }) => parentSpanId !== undefined && ids.has(parentSpanId))).toBe(true);
  }, 30_000);
});

describe('reading', () => {
  it('A6 a phone without certificate sees nothing, then all, then a part, as the holder decides', async () => {
    const phone = hanako.device('phone', 'accounts:read');
    await expect(phone.call(listAccounts)).rejects.toMatchObject({ status: 403, code: 'parser.access_not_granted' });
    await hanako.api.call(setAccess, { params: { clientId: 'phone' }, body: { accounts: 'all', since: null } });
    const { accounts } = await phone.call(listAccounts);
    const truth = await askTruth(own.platform.layout, 'hanako');
    expect(Object.fromEntries(accounts.map(({ number, balance }) => [number, balance?.amount]))).toEqual(
      Object.fromEntries(truth.accounts.map(({ number, balance }) => [number, balance])),
    );
    const one = accounts.find(({ number }) => number === '1234567');
    if (!one) throw new Error('account 1234567 is missing');
    const all = await readTransactions(phone, one.accountId);
    const since = all[Math.floor(all.length / 2)]?.date ?? '';
    await hanako.api.call(setAccess, { params: { clientId: 'phone' }, body: { accounts: [one.accountId], since } });
    expect((await phone.call(listAccounts)).accounts).toHaveLength(1);
    const part = await readTransactions(phone, one.accountId);
    expect(part).toEqual(all.filter(({ date }) => date >= since));
    expect(part.length).toBeLessThan(all.length);
  });

  it('A6 the first terminal is given the data too, when the holder lets it', async () => {
    await hanako.api.call(setAccess, { params: { clientId: terminalId }, body: { accounts: 'all', since: null } });
    expect((await hanako.device(terminalId, 'accounts:read').call(listAccounts)).accounts.length).toBeGreaterThan(2);
  });

  it('A6 another person sees nothing of it', async () => {
    const taro = new Holder(own.platform, 'taro');
    await taro.api.call(setAccess, { params: { clientId: 'phone' }, body: { accounts: 'all', since: null } });
    expect(await taro.device('phone', 'accounts:read').call(listAccounts)).toEqual({ accounts: [], totals: [] });
    const { accounts } = await hanako.device(terminalId, 'accounts:read').call(listAccounts);
    const stolen = accounts[0]?.accountId;
    if (!stolen) throw new Error('hanako has no account');
    const refused = await readTransactions(taro.device('phone', 'accounts:read'), stolen).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(Refused);
    expect(refused).toMatchObject({ status: 404, code: 'parser.account_unknown' });
  });
});

describe('secrecy', () => {
  it('A7 the relay speaks TLS only', async () => {
    const answer = await new Promise<string>((resolve) => {
      const { hostname, port } = new URL(own.platform.relayUrl);
      const socket = connectPlain(Number(port || 443), hostname, () =>
        socket.write(`GET /v1/terminal HTTP/1.1\r\nHost: ${hostname}\r\nConnection: close\r\n\r\n`),
      );
      let text = '';
      socket.on('data', (data) => (text += data.toString('latin1')));
      socket.on('close', () => resolve(text));
      socket.on('error', () => resolve(text));
      // A proxy in front may refuse by silence.
      socket.setTimeout(5_000, () => socket.destroy());
    });
    expect(answer).not.toContain('HTTP/1.1 1');
    expect(answer).not.toContain('HTTP/1.1 2');
  });

  it('no log, no span and no metric holds a secret, a login, a page, an amount or an account', async () => {
    const { layout } = own.platform;
    const truth = await askTruth(layout, 'hanako');
    const [logs, exported, metrics] = await Promise.all([own.logs(), own.exported(), own.metrics()]);
    for (const service of SERVICES) expect(logs).toContain(`"service":"${service}"`);
    expect(metrics.every((text) => text.includes('# TYPE'))).toBe(true);
    const everything = [logs, exported, ...metrics].join('\n');
    expect(everything.length).toBeGreaterThan(100_000);

    const secretsIn = (file: string) => [...readFileSync(layout.path(file), 'utf8').matchAll(/[\w-]{40,}/g)].map(([text]) => text);
    const canaries = [
      HANAKO.password,
      HANAKO.userId,
      'enishi_ec_',
      'お取引',
      '佐藤',
      ...truth.accounts.flatMap(({ number, balance }) => (balance.length > 5 ? [number, balance] : [number])),
      ...['parser.nk', 'command-dispatcher.nk', 'terminal-relay.nk'].flatMap((file) => secretsIn(join('nats', file))),
      ...['storage.key', 'identity.key'].flatMap((file) => secretsIn(join('pki', file))),
      ...['order', 'result', 'internal'].map(
        (name) => (JSON.parse(readFileSync(layout.path('pki', `${name}.key.json`), 'utf8')) as { d: string }).d,
      ),
      ...Object.values(JSON.parse(readFileSync(layout.path('postgres', 'service-passwords.json'), 'utf8')) as Record<string, string>),
    ];
    expect(canaries.length).toBeGreaterThan(15);
    // A number is looked for as a whole: a part of a time in nanoseconds or of a trace id is none of ours.
    const isThere = (canary: string) =>
      /^-?\d+$/.test(canary) ? new RegExp(`(?<![0-9a-f])${canary}(?![0-9a-f])`).test(everything) : everything.includes(canary);
    expect(isThere(SERVICES[0])).toBe(true);
    expect(canaries.filter(isThere)).toEqual([]);
    // Tokens, orders, results and cookies, whatever their values.
    expect(everything).not.toMatch(/eyJ[\w-]{20,}\./);
    expect(everything).not.toMatch(/set-cookie|bearer /i);
  });
});
