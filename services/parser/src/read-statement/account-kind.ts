/** The kinds of account that banks and formats print: one word for each, whether two words are of one kind, and the currency in a word. */
import { narrow } from './narrow.js';

/** Kinds that banks and formats print in several ways. The names on the right are those that Zengin's codes are read as. */
const KINDS: Readonly<Record<string, string>> = {
  普通: 'ordinary',
  普通預金: 'ordinary',
  総合: 'ordinary',
  総合口座: 'ordinary',
  当座: 'current',
  当座預金: 'current',
  貯蓄: 'savings',
  貯蓄預金: 'savings',
  通知: 'notice',
  通知預金: 'notice',
  定期: 'time',
  定期預金: 'time',
  積立: 'instalment',
  積立預金: 'instalment',
  積立定期: 'instalment',
  積立定期預金: 'instalment',
};

/** One word for a kind that is printed in several ways; any other kind as it is printed, whatever its width and blanks. */
export function accountKind(printed: string): string {
  const plain = printed.normalize('NFKC').replaceAll(/\s/gu, '').toLowerCase();
  return KINDS[plain] ?? plain;
}

const COMMON_KINDS = new Set(Object.values(KINDS));
/** Whether banks and formats have one word for it, so that another word means another kind. */
export const isCommonKind = (kind: string): boolean => COMMON_KINDS.has(kind);

/** The words of a longer name that say which kind it is, the most particular first: 積立定期預金 is an instalment account. */
const TELLING = ['積立', '定期', '通知', '貯蓄', '当座', '普通', '総合'];
/** Zengin's code for 別段預金, which is of no other kind. */
const SPECIAL = 'special';

function telling(kind: string): string | null {
  if (isCommonKind(kind) || kind === SPECIAL) return kind;
  return KINDS[TELLING.find((word) => kind.includes(word)) ?? ''] ?? null;
}

/** Whether two kinds, as `accountKind` gives them, cannot be of one account. A name that tells no kind contradicts none. */
export function kindsContradict(one: string, other: string): boolean {
  const [a, b] = [telling(one), telling(other)];
  return a !== null && b !== null && a !== b;
}

const CURRENCIES = new Set(Intl.supportedValuesOf('currency'));

/** ISO 4217, of a kind that names its currency: 外貨普通預金（ＵＳＤ）; null: it names none. */
export function currencyOfKind(printed: string): string | null {
  return (
    narrow(printed)
      .toUpperCase()
      .match(/[A-Z]+/gu)
      ?.find((word) => CURRENCIES.has(word)) ?? null
  );
}

/** Whether a kind is one of accounts in a foreign currency, named or not. */
export function isForeignKind(printed: string): boolean {
  const named = currencyOfKind(printed);
  return named === null ? /外貨|ドル|ユーロ/u.test(narrow(printed)) : named !== 'JPY';
}
