/** 入出金明細照会: the entries of one account, twenty rows a page, oldest first. */
import { kanjiDate } from '../ledger/calendar.js';
import { ACCOUNT_TYPES, type BankAccount, BRANCHES, type Wording } from '../ledger/customers.js';
import type { Entry, Period } from '../ledger/ledger.js';
import { escape, layout } from './layout.js';

export const ROWS_PER_PAGE = 20;

export interface HistoryView {
  readonly key: string;
  readonly account: BankAccount;
  readonly holder: Wording;
  readonly period: Period;
  /** From 1. */
  readonly page: number;
}

export function pagesOf(period: Period): number {
  return Math.max(1, Math.ceil(period.entries.length / ROWS_PER_PAGE));
}

const yen = (amount: number): string => `${amount.toLocaleString('en-US')}円`;

function row(entry: Entry, index: number): string {
  const [out, into] = entry.side === 'out' ? [yen(Math.abs(entry.amount)), '&nbsp;'] : ['&nbsp;', yen(entry.amount)];
  const text = [entry.summary.ja, entry.name.ja].filter(Boolean).map(escape).join('　');
  return `<TR class="meisai-row ${index % 2 ? 'odd' : 'even'}"><TD class="hiduke" nowrap>${kanjiDate(entry.date)}
<TD class="shiharai" align=right>${out}<TD class="azukari" align=right>${into}<TD class="zandaka" align=right>${yen(entry.balance)}
<TD class="tekiyo">${text}</TR>`;
}

function entriesTable({ period, page }: HistoryView): string {
  const first = (page - 1) * ROWS_PER_PAGE;
  const shown = period.entries.slice(first, first + ROWS_PER_PAGE);
  const carried = first === 0 ? period.opening : (period.entries[first - 1]?.balance ?? period.opening);
  return `<P class="kensu">${first + 1}-${first + shown.length}件/全${period.entries.length}件
<P class="peji">${page} / ${pagesOf(period)}ページ
<TABLE class="meisai" border="1" summary="入出金明細">
<TR bgcolor="#CCDDEE"><TH>お取引日<TH>お支払金額<TH>お預り金額<TH>差引残高<TH>お取引内容</TR>
<TR class="kurikoshi"><TD colspan="3" align=right>繰越残高<TD align=right>${yen(carried)}<TD>&nbsp;</TR>
${shown.map(row).join('\n')}
</TABLE>`;
}

function navigation({ key, period, page }: HistoryView): string {
  const link = (to: number): string =>
    `/ib/history?account=${key}&amp;from=${period.from.replaceAll('-', '')}&amp;to=${period.to.replaceAll('-', '')}&amp;page=${to}`;
  const back = page > 1 ? `<A class="prev" href="${link(page - 1)}">&lt;&lt;前の${ROWS_PER_PAGE}件</A>` : '';
  const next = page < pagesOf(period) ? `<A class="next" href="${link(page + 1)}">次の${ROWS_PER_PAGE}件&gt;&gt;</A>` : '';
  return `<P>${[back, next].filter(Boolean).join('&emsp;')}`;
}

export function historyPage(view: HistoryView): string {
  const { account, period } = view;
  const empty = period.entries.length === 0;
  return layout(
    '入出金明細照会',
    `<H2>入出金明細照会</H2>
<TABLE class="kouza-joho" border="1" summary="照会口座">
<TR><TH>照会口座<TD>${BRANCHES[account.branch].ja}(${account.branch})　${ACCOUNT_TYPES[account.type].ja}　${account.number}
<TR><TH>照会期間<TD>${kanjiDate(period.from)}～${kanjiDate(period.to)}
</TABLE>
${empty ? '<P class="nodata">ご指定の期間にお取引はありません。' : `${entriesTable(view)}\n${navigation(view)}`}
<P><A href="/ib/accounts">口座一覧へ戻る</A>`,
    view.holder.ja,
  );
}

/** The site after a change: the list of entries has become something else. */
export function changedHistoryPage(view: HistoryView): string {
  const items = view.period.entries
    .slice((view.page - 1) * ROWS_PER_PAGE, view.page * ROWS_PER_PAGE)
    .map((entry) => `<dt>${entry.date.replaceAll('-', '.')}</dt><dd>${escape(entry.summary.ja)} ${entry.amount}</dd>`);
  return layout('お取引の履歴', `<h1>お取引の履歴</h1>\n<dl>\n${items.join('\n')}\n</dl>`, view.holder.ja);
}
