/** 口座一覧: the accounts of the customer with their balances and what can be asked of each. */
import { ACCOUNT_TYPES, BRANCHES, type Channel, type Wording } from '../ledger/customers.js';
import type { AccountBook } from '../ledger/ledger.js';
import { escape, layout } from './layout.js';

export const DOWNLOADS = { zengin: '全銀形式', csv: 'CSV形式', html: 'お取扱なし' } as const satisfies Record<Channel, string>;

const compact = (day: string): string => day.replaceAll('-', '');

function downloadCell({ account, key, from, to }: AccountBook): string {
  const text = DOWNLOADS[account.channel];
  if (account.channel === 'html') return `<FONT color="gray">${text}</FONT>`;
  return `<A class="download" href="/ib/download?account=${key}&amp;format=${account.channel}&amp;from=${compact(from)}&amp;to=${compact(to)}">${text}</A>`;
}

export function accountsPage(books: readonly AccountBook[], holder: Wording): string {
  const rows = books.map(
    (book) => `<TR class="kouza-row">
<TD class="mise">${book.account.branch}&nbsp;${BRANCHES[book.account.branch].ja}
<TD class="kamoku">${ACCOUNT_TYPES[book.account.type].ja}</TD>
<TD class="bango" align=right>${book.account.number}</TD>
<TD class="meigi">${escape(holder.ja)}
<TD class="zandaka" align="right" nowrap><B>${book.balance.toLocaleString('en-US')}円</B><BR><SMALL>(${book.to.replaceAll('-', '/')}現在)</SMALL></TD>
<TD><A class="rireki" href="/ib/history?account=${book.key}&amp;page=1">入出金明細</A>
<TD class="dl">${downloadCell(book)}
</TR>`,
  );
  return layout(
    '口座一覧',
    `<H2>口座一覧</H2>
<P>ご契約口座：${books.length}口座
<TABLE class="kouza" border="1" cellpadding=3 summary="口座一覧">
<TR bgcolor="#CCDDEE"><TH>お取引店<TH>科目<TH>口座番号<TH>名義<TH>残高<TH>明細照会<TH>ダウンロード</TR>
${rows.join('\n')}
<TR><TD colspan="7"><SMALL>※残高にはお引出しいただけない金額が含まれる場合がございます。</SMALL></TD></TR>
</TABLE>`,
    holder.ja,
  );
}

/** The site after a change: other headings and classes, and the rows are no table any more. */
export function changedAccountsPage(books: readonly AccountBook[], holder: Wording): string {
  const items = books.map(
    (
      book,
    ) => `<li class="card"><span>${BRANCHES[book.account.branch].ja} ${ACCOUNT_TYPES[book.account.type].ja} ${book.account.number}</span>
<strong>¥${book.balance.toLocaleString('en-US')}</strong><a href="/ib/history?account=${book.key}&amp;page=1">明細</a></li>`,
  );
  return layout('ご契約口座', `<h1>ご契約口座のご案内</h1>\n<ul class="cards">\n${items.join('\n')}\n</ul>`, holder.ja);
}
