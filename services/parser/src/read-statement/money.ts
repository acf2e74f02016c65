/** Money read from a file: integer minor units and the number of decimals that the file shows. Never a float. */
import { narrow } from './narrow.js';

export interface Money {
  readonly minor: bigint;
  /** Decimals written in the source: "12.30" has 2. */
  readonly scale: number;
}

/** More digits than any bank writes; a longer run of digits is not an amount. */
const MAX_DIGITS = 30;

/** Reads "1234", "-12.30"; anything else, also blank, is null: an amount is read or refused, never defaulted. */
export function parseDecimal(text: string): Money | null {
  const found = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
  if (!found) return null;
  const [, sign, whole = '', decimals = ''] = found;
  if (whole.length + decimals.length > MAX_DIGITS) return null;
  const minor = BigInt(whole + decimals);
  return { minor: sign ? -minor : minor, scale: decimals.length };
}

/**
 * Reads an amount as Japanese banks print it: "1,234", "¥1,234", "1,234円", "－500", "▲ 500".
 * Commas must stand between groups of three, and nothing between digits: "5 000" may be two numbers, and "000" the rest
 * of one that a comma has cut. Null when it is anything else.
 */
export function parsePrintedAmount(text: string): Money | null {
  const plain = narrow(text)
    .trim()
    .replace(/^([-−‐▲△+]?)\s*[¥\\]\s*/u, '$1')
    .replace(/\s*円$/u, '')
    .replace(/^[-−‐▲△]\s*/u, '-')
    .replace(/^\+\s*/u, '');
  if (!/^-?(0|[1-9]\d*|[1-9]\d{0,2}(,\d{3})+)(\.\d+)?$/.test(plain)) return null;
  return parseDecimal(plain.replaceAll(',', ''));
}

export function formatMoney({ minor, scale }: Money): string {
  const digits = (minor < 0n ? -minor : minor).toString().padStart(scale + 1, '0');
  const sign = minor < 0n ? '-' : '';
  return scale === 0 ? sign + digits : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

export function atScale(money: Money, scale: number): Money {
  if (scale < money.scale) throw new RangeError('a scale is only ever widened: decimals are not dropped');
  return { minor: money.minor * 10n ** BigInt(scale - money.scale), scale };
}

export function plus(a: Money, b: Money): Money {
  const scale = Math.max(a.scale, b.scale);
  return { minor: atScale(a, scale).minor + atScale(b, scale).minor, scale };
}

export function negated(money: Money): Money {
  return { minor: -money.minor, scale: money.scale };
}

export function minus(a: Money, b: Money): Money {
  return plus(a, negated(b));
}

export function sumOf(amounts: Iterable<Money>): Money {
  let sum: Money = { minor: 0n, scale: 0 };
  for (const amount of amounts) sum = plus(sum, amount);
  return sum;
}

/** A key that is equal exactly for equal values, whatever their scales. */
export function moneyKey({ minor, scale }: Money): string {
  let m = minor;
  let s = scale;
  while (s > 0 && m % 10n === 0n) {
    m /= 10n;
    s -= 1;
  }
  return `${m}e-${s}`;
}
