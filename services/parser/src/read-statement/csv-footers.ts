/** Lines between and below the entries of a CSV that are none: totals, balances carried forward, headings, notes. */
import { plainName } from './csv-profiles.js';

/** A whole cell that says that its line adds up. 小計 adds up a part. */
const TOTALS = /^(総?合計|総計|計|合計(金額|額)|(お?(支払い?|預か?り|引出し?|預入れ?|出金|入金))(金額|額)?(合計|計)|total)$/u;
const SUBTOTALS = /^小計$/u;

export function isTotal(cell: string): 'all' | 'part' | null {
  // Asked of every line: most have none of these.
  if (!/計|total/iu.test(cell)) return null;
  const name = plainName(cell);
  if (TOTALS.test(name)) return 'all';
  return SUBTOTALS.test(name) ? 'part' : null;
}

const OF_BEFORE = '(前(月|月末|回|期|期末|年|年度|日|頁|ページ|葉)|期首)';
const OF_AFTER = '((次|翌)(月|回|期|年|年度|日|頁|ページ|葉)|期末)';
const CARRIED = '(より|から|へ)?の?お?繰り?越し?(残高|金|額)?';
const OPENING = new RegExp(`^(${OF_BEFORE}?お?${CARRIED}|${OF_BEFORE}残高)$`, 'u');
const CLOSING = new RegExp(`^(${OF_AFTER}${CARRIED}|${OF_AFTER}残高)$`, 'u');

/** 前月繰越 is the balance before what follows, 次月繰越 the one after; neither is an entry. */
export function isCarried(description: string): 'opening' | 'closing' | null {
  if (!/[繰残]/u.test(description)) return null;
  const name = plainName(description);
  if (OPENING.test(name)) return 'opening';
  return CLOSING.test(name) ? 'closing' : null;
}

/** entries: what stands below is what the header says · cancelled: it is taken back · unknown: nobody knows */
export type Section = 'entries' | 'cancelled' | 'unknown';

/** "■ご利用キャンセルなど". */
export function sectionOf(name: string): Section | null {
  if (!/^[■◆●▼□◇○【[<]./u.test(name)) return null;
  if (/キャンセル|取消|取り消し|返品|返金/u.test(name)) return 'cancelled';
  return /明細|利用|ショッピング|払い|入出金|取引/u.test(name) ? 'entries' : 'unknown';
}

/** "※ご利用いただいた日とは異なる場合があります" */
export function isNote(text: string): boolean {
  return /^[※＊*]/u.test(text);
}
