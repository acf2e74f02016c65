/** The example bank's own files, against its own ledger. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { readStatement } from './read-statement.js';
import { toJson } from './statement-file.js';

const SAMPLES = new URL('../../../../examples/bank/samples/', import.meta.url);
const sample = (name: string) => readFileSync(new URL(name, SAMPLES));
interface Truth {
  accounts: {
    channel: string;
    number: string;
    branch: { code: string };
    type: string;
    opening: string;
    balance: string;
    transactions: { date: string; amount: string }[];
  }[];
}
const truth = JSON.parse(sample('truth.json').toString()) as Truth;
const book = (channel: string) => truth.accounts.find((account) => account.channel === channel && account.transactions.length > 0);
const rows = (list: { date: string | null; amount: string }[]) => list.map((t) => `${t.date} ${t.amount}`).toSorted();

describe('A5 the files of Tsubame Bank equal its ledger', () => {
  it.each([
    ['ordinary.zengin', 'zengin', 'zengin03'],
    ['current.csv', 'csv', 'csv'],
  ])('%s', (name, channel, format) => {
    const file = toJson(readStatement(sample(name), { fetchedOn: '2026-11-20' }));
    const account = book(channel);
    expect(file).toMatchObject({ format, encoding: 'shift_jis', replacedCharacters: 0, verdict: 'complete', problems: [] });
    expect(file.statements).toMatchObject([
      {
        account: { branch: account?.branch.code, number: account?.number, type: account?.type, currency: 'JPY' },
        period: { from: '2026-03-01', to: '2026-11-20' },
        opening: { amount: account?.opening },
        closing: { amount: account?.balance },
        reconciliation: { state: 'reconciled', delta: '0' },
      },
    ]);
    expect(rows(file.statements[0]?.transactions ?? [])).toEqual(rows(account?.transactions ?? []));
  });
  it.each(['empty.zengin', 'empty.csv'])('%s is proven empty', (name) => {
    const file = readStatement(sample(name), { fetchedOn: '2026-11-20' });
    expect(file).toMatchObject({ verdict: 'empty', problems: [] });
    expect(file.statements[0]?.proof).not.toBeNull();
    expect(file.statements[0]?.reconciliation.state).toBe('reconciled');
  });
});
