import { describe, expect, it } from '@jest/globals';
import type { StagedAccount, StagedStatement } from '../read-page/staged-page.js';
import { accountKind } from '../read-statement/account-kind.js';
import { accountIdentity } from './account-identity.js';
import { assembleRun, type RunPage } from './assemble-run.js';

const yen = (minor: number) => ({ minor: String(minor), scale: 0 });
const account: StagedAccount = {
  key: 'A',
  branch: '101',
  branchName: null,
  type: 'ordinary',
  kind: '普通預金',
  currency: null,
  number: '1234567',
  balance: yen(1_300),
  asOf: '2026-10-31',
};
const row = (date: string, amount: number, balance: number | null) => ({
  bankId: null,
  date,
  valueDate: null,
  amount: yen(amount),
  description: 'x',
  counterparty: null,
  balance: balance === null ? null : yen(balance),
});
const page = (change: Partial<StagedStatement>): StagedStatement => ({
  accountKey: 'A',
  source: 'html',
  channel: 'html',
  period: null,
  page: 1,
  pages: 1,
  totalRows: 0,
  account: null,
  opening: null,
  closing: null,
  closingOn: null,
  transactions: [],
  ...change,
});
const answeredAt = new Date('2026-11-20T03:00:00Z');
const currency = 'JPY';
let step = 0;
const listed: RunPage = {
  step: 1,
  page: 'accounts',
  cause: null,
  staged: { accounts: [account], accountsDeclared: 1, statement: null },
  currency,
  answeredAt,
};
const of = (statement: StagedStatement): RunPage => ({
  step: ++step,
  page: 'history',
  cause: null,
  staged: { accounts: [], accountsDeclared: null, statement },
  currency,
  answeredAt,
});
const own: NonNullable<StagedStatement['account']> = {
  bank: '0999',
  branch: '101',
  type: 'ordinary',
  kind: 'ordinary',
  currency: 'JPY',
  number: '1234567',
};
const two = [
  page({ page: 1, pages: 2, totalRows: 3, transactions: [row('2026-10-01', 500, 1_500), row('2026-10-02', -100, 1_400)] }),
  page({ page: 2, pages: 2, totalRows: 3, transactions: [row('2026-10-03', -100, 1_300)] }),
] as const;

describe('A5 the pages of a run', () => {
  it('together are the whole statement, in whatever order they came', () => {
    for (const pages of [two, two.toReversed()]) {
      const { accounts, missing } = assembleRun([listed, ...pages.map(of)]);
      expect(missing).toEqual([]);
      expect(accounts).toMatchObject([
        {
          number: '1234567',
          opening: { minor: 1_000n },
          closing: { minor: 1_300n },
          reconciliation: { state: 'reconciled', delta: { minor: 0n } },
        },
      ]);
      expect(accounts[0]?.transactions.map((t) => t.date)).toEqual(['2026-10-01', '2026-10-02', '2026-10-03']);
    }
  });
  it('a newest-first list is turned to oldest first', () => {
    const rows = [row('2026-10-03', -100, 1_300), row('2026-10-02', -100, 1_400), row('2026-10-01', 500, 1_500)];
    const { accounts } = assembleRun([listed, of(page({ totalRows: 3, transactions: rows }))]);
    expect(accounts[0]?.transactions.map((t) => t.date)).toEqual(['2026-10-01', '2026-10-02', '2026-10-03']);
  });
  it('a balance that does not follow is a mismatch with its delta, and drops nothing', () => {
    const rows = [row('2026-10-01', 500, 1_500), row('2026-10-03', -100, 1_300)];
    const { accounts } = assembleRun([listed, of(page({ totalRows: 2, transactions: rows }))]);
    expect(accounts[0]).toMatchObject({ reconciliation: { state: 'mismatch', delta: { minor: -100n } }, transactions: [{}, {}] });
  });
  it.each([
    ['a page that is missing', [two[0]], 'account 1: page 2 of 2 is missing'],
    ['a page that came twice', [two[0], two[1], two[1]], 'account 1: page 2 of 2 came 2 times'],
    [
      'totals that changed meanwhile',
      [two[0], { ...two[1], totalRows: 4 }],
      'account 1: its pages declare different totals: it changed while it was read',
    ],
    ['rows fewer than declared', [two[0], { ...two[1], transactions: [] }], 'account 1: 2 rows of 3 declared'],
    ['an account that nothing names', [page({ accountKey: 'B' })], 'account 1: nothing says which account it is'],
    [
      'a file of another number',
      [page({ source: 'file', account: { ...own, number: '7654321' } })],
      'account 1: the file is of another account',
    ],
    [
      'a file of another branch',
      [page({ source: 'file', account: { ...own, branch: '205' } })],
      'account 1: the file is of another account',
    ],
  ])('%s: nothing is given, and it is said', (_what, statements, what) => {
    expect(assembleRun([listed, ...statements.map(of)])).toEqual({ accounts: [], missing: [what], listIsWhole: false });
  });
  it.each<[string, Partial<StagedAccount>, Partial<typeof own>]>([
    ['a file of time deposits under the same number', {}, { type: 'other', kind: '定期預金' }],
    ['a file of time deposits, printed at length', {}, { type: 'other', kind: 'スーパー定期（自動継続）' }],
    ["a file of Zengin's 別段預金", {}, { type: 'other', kind: 'special' }],
    ['a file of a kind in a foreign currency', {}, { type: 'other', kind: '外貨普通預金USD', currency: 'USD' }],
    ['a file of a kind in a foreign currency that it does not name', {}, { type: 'other', kind: '外貨普通預金', currency: null }],
    ['a file in yen of an account in dollars', { currency: 'USD' }, { currency: 'JPY' }],
    ['a file in euro of an account in dollars', { kind: '外貨普通預金', currency: 'USD' }, { kind: '外貨普通預金EUR', currency: 'EUR' }],
    ['a file of an ordinary account for one in a foreign currency', { kind: '外貨普通預金' }, { kind: '普通預金', currency: null }],
  ])('%s is of another account', (_what, list, told) => {
    const asked = { ...listed, staged: { accounts: [{ ...account, ...list }], accountsDeclared: 1, statement: null } };
    const file = page({ source: 'file', account: { ...own, ...told } });
    expect(assembleRun([asked, of(file)]).missing).toEqual(['account 1: the file is of another account']);
  });
  it.each<[string, Partial<StagedAccount>, Partial<typeof own>, string]>([
    ['a kind that is printed at length', {}, { kind: '普通預金（有利息型）', currency: null }, 'JPY'],
    ['the name of a product', {}, { type: 'other', kind: 'エース', currency: null }, 'JPY'],
    ['a foreign currency beside the kind of the list', { currency: 'USD' }, { type: 'other', kind: '外貨普通預金', currency: null }, 'USD'],
    ['no currency', { currency: 'USD' }, { currency: null }, 'USD'],
    ['the currency that the list does not name', { kind: '外貨普通預金' }, { kind: '外貨普通預金USD', currency: 'USD' }, 'USD'],
    ['the currency that both name', { currency: 'USD' }, { type: 'other', kind: '外貨普通預金USD', currency: 'USD' }, 'USD'],
  ])('a file that prints %s is of the account that was asked for', (_what, list, told, named) => {
    const asked = { ...listed, staged: { accounts: [{ ...account, ...list }], accountsDeclared: 1, statement: null } };
    const file = page({ source: 'file', account: { ...own, ...told } });
    expect(assembleRun([asked, of(file)])).toMatchObject({ missing: [], accounts: [{ currency: named }] });
  });
  it('a foreign currency that nothing names is never taken for that of the connector', () => {
    const asked = { ...listed, staged: { accounts: [{ ...account, kind: '外貨普通預金' }], accountsDeclared: 1, statement: null } };
    const file = page({ source: 'file', account: { ...own, kind: '外貨普通預金', currency: null } });
    expect(assembleRun([asked, of(file)]).missing).toEqual(['account 1: nothing says in which currency it is']);
  });
  it('an answer with a cause, or no account at all, is not complete', () => {
    expect(assembleRun([listed, { step: 7, page: null, cause: 'BANK_DOWN', staged: null, currency, answeredAt }]).missing).toEqual([
      'step 7: BANK_DOWN',
    ]);
    expect(assembleRun([{ step: 1, page: 'login', cause: null, staged: null, currency, answeredAt }]).missing).toEqual([
      'no account was read',
    ]);
  });
  it('a file without an accounts page says itself whose it is', () => {
    const file = page({
      accountKey: null,
      source: 'file',
      account: { ...own, number: '0001234567' },
      opening: yen(5),
      closing: yen(5),
      closingOn: '2026-10-31',
    });
    expect(assembleRun([of(file)])).toMatchObject({
      missing: [],
      accounts: [{ number: '0001234567', reconciliation: { state: 'reconciled' } }],
    });
  });
});

describe('A5 the identity of an account', () => {
  const key = new Uint8Array(32).fill(7);
  const one = { institution: '0999', branch: '101', kind: 'ordinary', currency: 'JPY', number: '1234567' };
  it('does not depend on how its number is written', () => {
    for (const number of ['0001234567', '１２３４５６７', '123-4567'])
      expect(accountIdentity(key, { ...one, number })).toBe(accountIdentity(key, one));
  });
  it('does not depend on which of its names a kind is printed with', () => {
    for (const printed of ['普通', '普通預金', '総合口座', ' 普　通 ', 'ordinary']) expect(accountKind(printed)).toBe('ordinary');
    expect(['定期預金', '外貨普通預金', '外貨普通預金（ＵＳＤ）'].map(accountKind)).toEqual(['time', '外貨普通預金', '外貨普通預金(usd)']);
  });
  it('is another for another bank, branch, kind, currency, number or key', () => {
    const changes = [{ institution: '0998' }, { branch: '102' }, { kind: 'time' }, { currency: 'USD' }, { number: '1234568' }];
    const others = changes.map((change) => accountIdentity(key, { ...one, ...change }));
    others.push(accountIdentity(new Uint8Array(32), one));
    expect(new Set([...others, accountIdentity(key, one)]).size).toBe(7);
  });
});

describe('A5 the list of accounts', () => {
  const list = (rows: StagedAccount[], accountsDeclared: number | null, at = answeredAt): RunPage => ({
    step: 1,
    page: 'accounts',
    cause: null,
    staged: { accounts: rows, accountsDeclared, statement: null },
    currency,
    answeredAt: at,
  });
  const dollars: StagedAccount = { ...account, key: 'B', type: 'other', kind: '外貨普通預金', currency: 'USD' };
  it('tells two accounts of one number apart by kind and by currency', () => {
    const rows = [
      account,
      dollars,
      { ...dollars, key: 'C', currency: 'EUR' },
      { ...account, key: 'D', type: 'other' as const, kind: '定期預金' },
    ];
    expect(assembleRun([list(rows, 4)])).toMatchObject({
      missing: [],
      listIsWhole: true,
      accounts: [{ kind: 'ordinary' }, { currency: 'USD' }, { currency: 'EUR' }, { kind: 'time' }],
    });
  });
  it('with two rows that nothing tells apart is refused by name: never one account of two', () => {
    expect(assembleRun([list([dollars, { ...dollars, key: 'C' }], 2)])).toEqual({
      accounts: [],
      missing: ['two accounts have the same branch, kind, currency and number'],
      listIsWhole: false,
    });
    const file = page({ accountKey: null, source: 'file', account: own, opening: yen(5), closing: yen(5), closingOn: '2026-10-31' });
    expect(assembleRun([list([account], 1), of(file)]).missing).toEqual(['two accounts have the same branch, kind, currency and number']);
  });
  it('is whole only when it has as many as the bank says, on all its pages together', () => {
    expect(assembleRun([list([account], null)]).listIsWhole).toBe(false);
    expect(assembleRun([list([account], 2), list([dollars], 2)]).listIsWhole).toBe(true);
    expect(assembleRun([list([account], 2)]).missing).toEqual(['1 accounts of 2 declared']);
    expect(assembleRun([list([account], 1), list([dollars], 2)]).missing).toEqual([
      'the lists of accounts declare different numbers: it changed while it was read',
    ]);
  });
});

describe('A4 what a statement proves', () => {
  const october = { from: '2026-10-01', to: '2026-10-31' };
  const rows = [row('2026-10-05', 500, 1_500), row('2026-10-07', -100, 1_400), row('2026-10-09', -50, 1_350)];
  const proven = (statement: Partial<StagedStatement>) =>
    assembleRun([listed, of(page({ totalRows: statement.transactions?.length ?? 0, ...statement }))]).accounts[0]?.proven;
  it('is its period', () => expect(proven({ period: october, transactions: rows })).toEqual(october));
  it('is the days between its entries, without a period', () =>
    expect(proven({ transactions: rows })).toEqual({ from: '2026-10-06', to: '2026-10-08' }));
  it("reaches up to the day of the account's balance, when it ends with that balance", () =>
    expect(proven({ transactions: [...rows, row('2026-10-12', -50, 1_300)] })).toEqual({ from: '2026-10-06', to: '2026-10-31' }));
  it('reaches up to the day of the answer at the bank, when the list of accounts tells no day of that balance', () => {
    const silent = { ...listed, staged: { accounts: [{ ...account, asOf: null }], accountsDeclared: 1, statement: null } };
    const ending = page({ totalRows: 4, transactions: [...rows, row('2026-10-12', -50, 1_300)] });
    // At 20:00 in UTC it is the next day at the bank.
    const late = { ...of(ending), answeredAt: new Date('2026-11-20T20:00:00Z') };
    expect(assembleRun([silent, late]).accounts[0]?.proven).toEqual({ from: '2026-10-06', to: '2026-11-21' });
  });
  it('is of a period that is not over only what was over when the bank answered', () =>
    expect(proven({ period: { from: '2026-10-01', to: '2026-12-31' }, transactions: rows })).toEqual({
      from: '2026-10-01',
      to: '2026-11-20',
    }));
  it('is nothing, when its balances do not add up', () =>
    expect(proven({ period: october, transactions: rows, opening: yen(1_000), closing: yen(1_351) })).toBeNull());
  it('is nothing, when a running balance does not follow, though the sums agree: that is a mismatch', () => {
    const broken = [row('2026-10-05', 500, 1_500), row('2026-10-07', -100, 1_399), row('2026-10-09', -50, 1_350)];
    const statement = page({ totalRows: 3, period: october, transactions: broken, opening: yen(1_000), closing: yen(1_350) });
    expect(assembleRun([listed, of(statement)]).accounts[0]).toMatchObject({ proven: null, reconciliation: { state: 'mismatch' } });
  });
  it('is told by its pages alike, or it changed while it was read', () => {
    const parts = two.map((part, i) => ({ ...part, period: { from: '2026-10-01', to: `2026-10-3${i}` } }));
    expect(assembleRun([listed, ...parts.map(of)]).missing).toEqual([
      'account 1: its pages declare different totals: it changed while it was read',
    ]);
  });
});
