import { Text } from '@enishi/contracts';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { PageReading } from './read-page.js';
import { MAX_NAME, MAX_WORDS, type StagedAccount, type StagedTransaction } from './staged-page.js';
import { storableReading } from './storable-reading.js';

const money = { minor: '100', scale: 0 };
const entry: StagedTransaction = {
  bankId: null,
  date: '2026-11-22',
  valueDate: null,
  amount: money,
  description: 'x',
  counterparty: null,
  balance: null,
};
function reading(transaction: StagedTransaction, facts: Record<string, string> = {}): PageReading {
  const statement = {
    accountKey: null,
    source: 'file' as const,
    channel: 'csv' as const,
    period: null,
    page: 1,
    pages: 1,
    totalRows: 1,
    account: null,
    opening: null,
    closing: null,
    closingOn: null,
    transactions: [transaction],
  };
  const staged = { accounts: [], accountsDeclared: null, statement };
  return { page: 'csvFile', verdict: 'complete', facts, lists: {}, cause: null, detail: null, rows: 1, staged, ended: null };
}

function withAccount(change: Partial<StagedAccount>): PageReading {
  const account: StagedAccount = {
    key: 'k',
    branch: '001',
    branchName: null,
    type: 'ordinary',
    kind: null,
    currency: null,
    number: '1',
    balance: money,
    asOf: null,
    ...change,
  };
  return { ...reading(entry), staged: { accounts: [account], accountsDeclared: null, statement: null } };
}

describe('A4 what was read and cannot be stored', () => {
  it.each([
    ['U+0000 in a description', reading({ ...entry, description: 'a\u0000' }), 'page.staged.statement.transactions[0].description'],
    ['half of a pair at the end of a text', reading({ ...entry, counterparty: 'a\ud83d' }), 'transactions[0].counterparty'],
    ['the year 0000', reading({ ...entry, date: '0000-11-18' }), 'page.staged.statement.transactions[0].date'],
    ['a fact longer than the contract', reading(entry, { token: 'x'.repeat(501) }), 'page.facts.token'],
    ['a description that has no end', reading({ ...entry, description: 'あ'.repeat(MAX_WORDS + 1) }), 'transactions[0].description'],
    ['a counterparty that has no end', reading({ ...entry, counterparty: 'x'.repeat(MAX_WORDS + 1) }), 'transactions[0].counterparty'],
    ['an id that has no end', reading({ ...entry, bankId: 'x'.repeat(MAX_NAME + 1) }), 'transactions[0].bankId'],
    ['a name of a branch that has no end', withAccount({ branchName: 'x'.repeat(MAX_NAME + 1) }), 'page.staged.accounts[0].branchName'],
    ['a number that has no end', withAccount({ number: '1'.repeat(MAX_NAME + 1) }), 'page.staged.accounts[0].number'],
    ['U+0000 in the name of a fact', reading(entry, { 'to\u0000': 'x' }), 'page.facts'],
  ])('%s: becomes UNKNOWN_PAGE with its place and without its value', (_what, read, place) => {
    const kept = storableReading(read);
    expect(kept).toMatchObject({ page: 'csvFile', cause: 'UNKNOWN_PAGE', verdict: 'unknown', staged: null, facts: {}, rows: 0 });
    expect(kept.detail).toContain(place);
    expect(Text.max(500).safeParse(kept.detail).success).toBe(true);
  });

  it('is not a text as long as the limit', () => {
    const long = reading({
      ...entry,
      description: 'あ'.repeat(MAX_WORDS),
      counterparty: 'x'.repeat(MAX_WORDS),
      bankId: 'x'.repeat(MAX_NAME),
    });
    expect(storableReading(long)).toBe(long);
  });

  it('is exactly what holds a text that is none: all else is left as it is', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.oneof(fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }), fc.constantFrom('\u0000', '\udc00')) }),
        (text) => {
          const read = reading({ ...entry, description: text });
          const kept = storableReading(read);
          if (Text.safeParse(text).success) expect(kept).toBe(read);
          else expect(kept.cause).toBe('UNKNOWN_PAGE');
        },
      ),
    );
  });
});
