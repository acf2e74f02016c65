/** Pages and files of the example bank with any content, for tests. UTF-8, which the answer declares. */
import type { StagedTransaction } from '../src/read-page/staged-page.js';
import type { Channel } from './moving-bank.js';
import { zenginFile } from './zengin-file.js';

export interface ListedAccount {
  key: string;
  branch: string;
  kind: string;
  number: string;
  balance: number;
  currency?: string;
}

export function accountsPage(accounts: readonly ListedAccount[], declared = accounts.length): Buffer {
  const rows = accounts.map(
    ({ key, branch, kind, number, balance, currency = '円' }) =>
      `<tr class="kouza-row"><td class="mise">${branch} 本店</td><td class="kamoku">${kind}</td><td class="tsuka">${currency}</td>` +
      `<td class="bango">${number}</td><td class="zandaka">${balance}円 (2026/10/31現在)</td>` +
      `<td><a class="rireki" href="/ib/history?account=${key}&page=1">明細</a></td><td class="dl">お取扱なし</td></tr>`,
  );
  return Buffer.from(
    `<div id="main"><h2>口座一覧</h2><p>ご契約口座：${declared}口座</p><table class="kouza">${rows.join('')}</table></div>`,
  );
}

interface Statement {
  from: string;
  to: string;
  opening: number;
  entries: readonly StagedTransaction[];
}

const kanji = (day: string) => day.replace(/^(\d+)-0?(\d+)-0?(\d+)$/, '$1年$2月$3日');
const sides = ({ amount }: StagedTransaction) => {
  const minor = Number(amount.minor);
  return minor < 0 ? [`${-minor}`, ''] : ['', `${minor}`];
};

/** `period` false: a page that does not say which days it lists. */
export function historyPage({ from, to, entries }: Statement, { period = true } = {}): Buffer {
  const head = `<div id="main"><h2>入出金明細照会</h2><table class="kouza-joho"><tr><th>照会期間<td>${period ? `${kanji(from)}～${kanji(to)}` : ''}</table>`;
  if (entries.length === 0) return Buffer.from(`${head}<p class="nodata">ご指定の期間にお取引はありません。</p></div>`);
  const rows = entries.map((one) => {
    const [out, into] = sides(one);
    return (
      `<tr class="meisai-row"><td class="hiduke">${kanji(one.date)}</td><td class="shiharai">${out}</td><td class="azukari">${into}</td>` +
      `<td class="zandaka">${one.balance?.minor}</td><td class="tekiyo">${one.description}</td></tr>`
    );
  });
  const counts = `<p class="kensu">全${entries.length}件</p><p class="peji">1 / 1ページ</p>`;
  return Buffer.from(`${head}${counts}<table class="meisai">${rows.join('')}</table></div>`);
}

function csvFile({ from, to, opening, entries }: Statement): Buffer {
  const closing = entries.reduce((sum, { amount }) => sum + Number(amount.minor), opening);
  const slashed = (day: string) => day.replaceAll('-', '/');
  const rows = [
    ['店番・店名', '101 本店'],
    ['口座', '普通預金 1234567'],
    ['照会期間', `${slashed(from)}～${slashed(to)}`],
    ['明細件数', `${entries.length}件`],
    ['期間前残高', String(opening)],
    ['期間末残高', String(closing)],
    [],
    ['お取引日', '起算日', 'お支払金額', 'お預り金額', '差引残高', '摘要', 'お取引先'],
    ...entries.map((one) => [slashed(one.date), '', ...sides(one), one.balance?.minor ?? '', one.description, one.counterparty ?? '']),
  ];
  return Buffer.from(rows.map((row) => `${row.map((cell) => `"${cell}"`).join(',')}\r\n`).join(''));
}

/** Full width to half, as far as the texts of these tests go. */
// biome-ignore format: one table
const HALF: Readonly<Record<string, string>> = {
  ー: 'ｰ', コ: 'ｺ', ヒ: 'ﾋ', ヤ: 'ﾔ', チ: 'ﾁ', ン: 'ﾝ', フ: 'ﾌ', リ: 'ﾘ', ミ: 'ﾐ', テ: 'ﾃ', イ: 'ｲ', マ: 'ﾏ', ダ: 'ﾀﾞ', ハ: 'ﾊ', ナ: 'ﾅ',
};
const half = (text: string) => [...text].map((char) => HALF[char] ?? char).join('');

function zenginOf({ from, to, opening, entries }: Statement): Buffer {
  // Reiwa 8 is 2026.
  const era = (day: string) => `08${day.slice(5, 7)}${day.slice(8, 10)}`;
  const account = {
    created: '081122',
    from: era(from),
    to: era(to),
    opening: BigInt(opening),
    entries: entries.map((one) => ({
      date: era(one.date),
      amount: BigInt(one.amount.minor),
      inquiry: one.bankId ?? '',
      text: half(one.description),
      sender: half(one.counterparty ?? ''),
    })),
  };
  return zenginFile([account]);
}

/** Request, body and content type of one account's statement through this channel. */
export function statementOf(channel: Channel, statement: Statement): { request: string; body: Buffer; type: string } {
  if (channel === 'html') return { request: 'history', body: historyPage(statement), type: 'text/html; charset=UTF-8' };
  if (channel === 'csv') return { request: 'csv', body: csvFile(statement), type: 'text/csv; charset=UTF-8' };
  return { request: 'zengin', body: zenginOf(statement), type: 'application/octet-stream' };
}
