/** Sample answers of the bank for one seed and one day, for those who build readers. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import iconv from 'iconv-lite';
import { csvFile } from './files/csv.js';
import { zenginFile } from './files/zengin.js';
import { type Channel, type Customer, customerNamed } from './ledger/customers.js';
import { type AccountBook, booksOf } from './ledger/ledger.js';
import { truthOf } from './ledger/truth.js';
import { accountsPage, changedAccountsPage } from './pages/accounts.js';
import {
  certificateOfAnotherPage,
  lockedPage,
  loginPage,
  maintenancePage,
  noticePage,
  rejectedPage,
  sessionExpiredPage,
} from './pages/entrance.js';
import { historyPage, pagesOf } from './pages/history.js';

export const SAMPLE_SEED = 1;
export const SAMPLE_TODAY = '2026-11-20';
const SAMPLE_CSRF = 'c2FtcGxlLWNzcmYtdG9rZW4tMDE';

function bookBy(books: readonly AccountBook[], channel: Channel, filled: boolean): AccountBook {
  const book = books.find((one) => one.account.channel === channel && one.entries.length > 0 === filled);
  if (!book) throw new RangeError('The sample customer has no such account');
  return book;
}

function customer(name: string): Customer {
  const found = customerNamed(name);
  if (!found) throw new RangeError('The bank has no such user');
  return found;
}

/** Every sample by file name, in the bytes that the bank sends. */
export function samples(): ReadonlyMap<string, Buffer> {
  const [hanako, taro] = [customer('hanako'), customer('taro')];
  const books = booksOf(SAMPLE_SEED, hanako, SAMPLE_TODAY);
  const files = new Map<string, Buffer>();
  const page = (name: string, html: string): void => void files.set(name, iconv.encode(html, 'shift_jis'));
  page('login.html', loginPage(SAMPLE_CSRF));
  page('rejected.html', rejectedPage(SAMPLE_CSRF));
  page('locked.html', lockedPage());
  page('certificate-of-another.html', certificateOfAnotherPage());
  page('notice.html', noticePage(SAMPLE_CSRF, hanako.holder.ja));
  page('maintenance.html', maintenancePage());
  page('expired.html', sessionExpiredPage());
  page('accounts.html', accountsPage(books, hanako.holder));
  page('accounts-changed.html', changedAccountsPage(books, hanako.holder));
  const savings = bookBy(books, 'html', true);
  for (let number = 1; number <= pagesOf(savings); number++)
    page(
      `history-${number}.html`,
      historyPage({ key: savings.key, account: savings.account, holder: hanako.holder, period: savings, page: number }),
    );
  const empty = bookBy(books, 'html', false);
  page('empty.html', historyPage({ key: empty.key, account: empty.account, holder: hanako.holder, period: empty, page: 1 }));
  const ordinary = bookBy(books, 'zengin', true);
  files.set('ordinary.zengin', zenginFile(ordinary.account, hanako.holder, ordinary, SAMPLE_TODAY));
  const current = bookBy(books, 'csv', true);
  files.set('current.csv', csvFile(current.account, hanako.holder, current, SAMPLE_TODAY));
  const tarosEmpty = bookBy(booksOf(SAMPLE_SEED, taro, SAMPLE_TODAY), 'zengin', false);
  files.set('empty.zengin', zenginFile(tarosEmpty.account, taro.holder, tarosEmpty, SAMPLE_TODAY));
  files.set('empty.csv', csvFile(current.account, hanako.holder, { ...current, opening: current.balance, entries: [] }, SAMPLE_TODAY));
  files.set('truth.json', Buffer.from(`${JSON.stringify(truthOf(SAMPLE_SEED, 'hanako', SAMPLE_TODAY), null, 2)}\n`));
  return files;
}

/** Writes every sample into the directory. */
export function writeSamples(dir: string): void {
  mkdirSync(dir, { recursive: true });
  for (const [name, bytes] of samples()) writeFileSync(join(dir, name), bytes);
}
