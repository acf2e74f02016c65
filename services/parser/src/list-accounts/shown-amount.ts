/** Amounts as callers see them: decimal strings with at least the decimals of the currency. */
import { atScale, formatMoney } from '../read-statement/money.js';

/** ISO 4217; all others have 2. */
const DECIMALS: Readonly<Record<string, number>> = { JPY: 0, KRW: 0, VND: 0, CLP: 0, BHD: 3, KWD: 3, JOD: 3, TND: 3, OMR: 3 };

export function shownAmount(minor: bigint, scale: number, currency: string): string {
  return formatMoney(atScale({ minor, scale }, Math.max(scale, DECIMALS[currency] ?? 2)));
}
