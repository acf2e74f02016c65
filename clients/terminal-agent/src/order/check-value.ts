import type { FieldValue } from '@enishi/contracts';

const PERIOD_FORMATS = {
  yyyyMMdd: /^(\d{4})(\d{2})(\d{2})$/,
  'yyyy-MM-dd': /^(\d{4})-(\d{2})-(\d{2})$/,
  'yyyy/MM/dd': /^(\d{4})\/(\d{2})\/(\d{2})$/,
} as const;

function isDate(match: RegExpExecArray | null): boolean {
  if (!match) return false;
  const [, year, month, day] = match.map(Number);
  const date = new Date(Date.UTC(year ?? 0, (month ?? 0) - 1, day));
  return date.getUTCMonth() === (month ?? 0) - 1 && date.getUTCDate() === day;
}

/** The whole text by which an order asks for a secret. */
export const secretSlot = (name: string) => `{{secret:${name}}}`;
const SLOT = /\{\{\s*secret/i;

/** Whether `value` is one that the connector lets stand in this field. */
export function fits(value: string, field: FieldValue): boolean {
  if ('secret' in field) return value === secretSlot(field.secret);
  // A slot anywhere else would send a secret to where the connector does not want it.
  if (SLOT.test(value)) return false;
  if ('literal' in field) return value === field.literal;
  if ('run' in field) return isDate(PERIOD_FORMATS[field.format].exec(value));
  return new RegExp(`^(?:${field.pattern})$`, 'u').test(value);
}
