import { describe, expect, it } from '@jest/globals';
import type { StagedAccount, StagedStatement } from '../read-page/staged-page.js';
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
let step = 0;
const listed: RunPage = { step: 1, page: 'accounts', cause: null, staged: { accounts: [account], accountsDeclared: 1, statement: null }, answeredAt };
const of = (statement: StagedStatement): RunPage => ({ step: ++step, page: 'history', cause: null, staged: { accounts: [], accountsDeclared: null, statement }, answeredAt });
const own = { bank: '0999', branch: '101', type: 'ordinary', kind: 'ordinary', currency: 'JPY', number: '1234567' } as const;
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
  it('an answer with a cause, or no account at all, is not complete', () => {
    expect(assembleRun([listed, { step: 7, page: null, cause: 'BANK_DOWN', staged: null, answeredAt }]).missing).toEqual(['step 7: BANK_DOWN']);
    expect(assembleRun([{ step: 1, page: 'login', cause: null, staged: null, answeredAt }]).missing).toEqual(['no account was read']);
  });
  it('a file without an accounts page says itself whose it is', () => {
    const file = page({ accountKey: null, source: 'file', account: { ...own, number: '0001234567' }, opening: yen(5), closing: yen(5), closingOn: '2026-10-31' });
    expect(assembleRun([of(file)])).toMatchObject({
      missing: [],
      accounts: [{ number: '0001234567', reconciliation: { state: 'reconciled' } }],
    });
  });
});

describe('A5 the identity of an account', () => {
  const key = new Uint8Array(32).fill(7);
  const one = { institution: '0999', branch: '101', type: 'ordinary', number: '1234567' };
  it('does not depend on how its number is written', () => {
    for (const number of ['0001234567', '１２３４５６７', '123-4567'])
      expect(accountIdentity(key, { ...one, number })).toBe(accountIdentity(key, one));
  });
  it('is another for another bank, branch, type, number or key', () => {
    const others = [{ institution: '0998' }, { branch: '102' }, { type: 'current' }, { number: '1234568' }].map((c) =>
      accountIdentity(key, { ...one, ...c }),
    );
    others.push(accountIdentity(new Uint8Array(32), one));
    expect(new Set([...others, accountIdentity(key, one)]).size).toBe(6);
  });
});
