/** What happens on an account on one day, by the life that its holder leads. Depends on the day alone, not on the days before. */
import { addDays, type Day, dayOfMonth, isDebitDay, isPayday, isWeekend, monthOf } from './calendar.js';
import { type Chance, chanceOf } from './chance.js';
import type { Life, Wording } from './customers.js';

/** 取引区分 of Zengin 03 that this bank uses. */
export const KINDS = { cash: '10', transfer: '11', cheque: '12', clearing: '13', debit: '14', other: '18', correction: '19' } as const;
export type Kind = keyof typeof KINDS;

/** One booked movement before it has a balance. */
export interface Movement {
  readonly date: Day;
  /** 起算日: the day from which it counts; another day only for corrections. */
  readonly valueDate: Day;
  /** Yen, negative when it leaves the account. A free service is booked with 0. */
  readonly amount: number;
  readonly kind: Kind;
  /** On the wrong side for a 0 amount nothing could be told, so the bank tells the side. */
  readonly side: 'in' | 'out';
  readonly summary: Wording;
  readonly name: Wording;
  readonly chequeNumber?: string;
  readonly fromBank?: { bank: string; branch: string };
}

const NOBODY: Wording = { ja: '', kana: '' };
const FRIENDS: readonly Wording[] = [
  { ja: 'ヤマダ　シヨウタ', kana: 'ﾔﾏﾀﾞ ｼﾖｳﾀ' },
  { ja: 'スズキ　ミサキ', kana: 'ｽｽﾞｷ ﾐｻｷ' },
  { ja: 'ワタナベ　ケン', kana: 'ﾜﾀﾅﾍﾞ ｹﾝ' },
  { ja: 'コバヤシ　ユウコ', kana: 'ｺﾊﾞﾔｼ ﾕｳｺ' },
];
const BUYERS: readonly Wording[] = [
  { ja: 'カ）ミナトシヨウジ', kana: 'ｶ)ﾐﾅﾄｼﾖｳｼﾞ' },
  { ja: 'ユ）ハマダサカナテン', kana: 'ﾕ)ﾊﾏﾀﾞｻｶﾅﾃﾝ' },
  { ja: 'シヨクドウ, ウミネコ', kana: 'ｼﾖｸﾄﾞｳ, ｳﾐﾈｺ' },
  { ja: '㈱つばさ①号店～本町', kana: 'ｶ)ﾂﾊﾞｻ1ｺﾞｳﾃﾝ' },
];
const COFFEE: Wording = { ja: 'つばめコーヒー駅前店', kana: 'ﾂﾊﾞﾒｺ-ﾋ-ｴｷﾏｴﾃﾝ' };
const w = (ja: string, kana: string): Wording => ({ ja, kana });

type Book = (amount: number, kind: Kind, summary: Wording, name?: Wording, more?: Partial<Movement>) => void;

function household(day: Day, chance: Chance, book: Book, correctionDay: (day: Day) => boolean): void {
  if (isPayday(day, 25)) {
    const bank = { bank: 'ﾐﾅﾄ', branch: 'ﾎﾝﾃﾝ' };
    book(278_000 + chance.between(0, 24_000), 'transfer', w('給与', 'ｷﾕｳﾖ'), w('カ）ツバメシヨウカイ', 'ｶ)ﾂﾊﾞﾒｼﾖｳｶｲ'), { fromBank: bank });
  }
  if (isDebitDay(day, 27)) book(-82_000, 'debit', w('口座振替', 'ｺｳｻﾞﾌﾘｶｴ'), w('ヤチン　ミナトフドウサン', 'ﾔﾁﾝ ﾐﾅﾄﾌﾄﾞｳｻﾝ'));
  if (isDebitDay(day, 10)) book(-chance.between(28_000, 74_000), 'debit', w('口座振替', 'ｺｳｻﾞﾌﾘｶｴ'), w('ツバメカード', 'ﾂﾊﾞﾒｶ-ﾄﾞ'));
  if (isDebitDay(day, 18)) book(-chance.between(5_200, 13_900), 'debit', w('電気料', 'ﾃﾞﾝｷﾘﾖｳ'), w('ミナトデンリヨク', 'ﾐﾅﾄﾃﾞﾝﾘﾖｸ'));
  if (isDebitDay(day, 21)) book(-chance.between(2_900, 8_800), 'debit', w('ガス料', 'ｶﾞｽﾘﾖｳ'), w('ミナトガス', 'ﾐﾅﾄｶﾞｽ'));
  // True twins: two equal coffees on one day, every month.
  if (dayOfMonth(day) === 12) for (let cup = 0; cup < 2; cup++) book(-480, 'other', w('デビット', 'ﾃﾞﾋﾞﾂﾄ'), COFFEE);
  else if (chance.happens(0.25)) book(-chance.pick([420, 480, 530]), 'other', w('デビット', 'ﾃﾞﾋﾞﾂﾄ'), COFFEE);
  if (isWeekend(day) && chance.happens(0.6)) {
    book(-chance.between(1, 3) * 10_000, 'cash', w('カード', 'ｶ-ﾄﾞ'), NOBODY);
    // The fee is waived, and booked all the same.
    book(chance.happens(0.5) ? 0 : -110, 'other', w('ＡＴＭ手数料', 'ATMﾃｽｳﾘﾖｳ'), NOBODY, { side: 'out' });
  }
  if (dayOfMonth(day) === 3) {
    book(-10_000, 'cash', w('カード', 'ｶ-ﾄﾞ'), NOBODY);
    book(0, 'other', w('ＡＴＭ手数料', 'ATMﾃｽｳﾘﾖｳ'), NOBODY, { side: 'out' });
  }
  if (!isWeekend(day) && chance.happens(0.05)) {
    book(-chance.between(2, 30) * 1_000, 'transfer', w('振込', 'ﾌﾘｺﾐ'), chance.pick(FRIENDS));
    book(-165, 'other', w('振込手数料', 'ﾌﾘｺﾐﾃｽｳﾘﾖｳ'));
  }
  if (!isWeekend(day) && chance.happens(0.06)) {
    book(chance.between(1, 25) * 1_000, 'transfer', w('振込', 'ﾌﾘｺﾐ'), chance.pick(FRIENDS), {
      fromBank: { bank: 'ｶﾓﾒ', branch: 'ｴｷﾏｴ' },
    });
  }
  if (isDebitDay(day, 26)) book(-20_000, 'debit', w('貯蓄へ振替', 'ﾁﾖﾁｸﾌﾘｶｴ'));
  if (correctionDay(day)) book(-3_300, 'other', w('会費', 'ｶｲﾋ'), w('ミナトスポーツ', 'ﾐﾅﾄｽﾎﾟ-ﾂ'));
  // The bank took it by mistake, and puts it back a day later, counting from the day of the mistake.
  const wrong = addDays(day, -1);
  if (correctionDay(wrong)) book(3_300, 'correction', w('訂正', 'ﾃｲｾｲ'), w('ミナトスポーツ', 'ﾐﾅﾄｽﾎﾟ-ﾂ'), { valueDate: wrong });
  if ([2, 8].includes(monthOf(day)) && dayOfMonth(day) === 15)
    book(chance.between(0, 3), 'other', w('利息', 'ﾘｿｸ'), NOBODY, { side: 'in' });
}

function shop(day: Day, chance: Chance, book: Book): void {
  if (isWeekend(day)) return;
  if (chance.happens(0.42)) {
    const buyer = chance.pick(BUYERS);
    book(chance.between(18_000, 176_500), chance.pick(['transfer', 'transfer', 'clearing']), w('振込', 'ﾌﾘｺﾐ'), buyer);
  }
  if (chance.happens(0.25)) {
    const chequeNumber = String(chance.between(1_000, 9_999_999)).padStart(7, '0');
    book(-chance.between(22_000, 148_000), 'cheque', w('小切手', 'ｺｷﾞﾂﾃ'), w(`No.${chequeNumber}`, `NO.${chequeNumber}`), { chequeNumber });
  }
  if (dayOfMonth(day) === 15) {
    // Twins of a shop: the same order, paid twice on one day by two branches.
    for (let times = 0; times < 2; times++) book(33_000, 'transfer', w('振込', 'ﾌﾘｺﾐ'), BUYERS[2]);
  }
  if (isPayday(day, 25)) {
    book(-182_400, 'transfer', w('給与振込', 'ｷﾕｳﾖﾌﾘｺﾐ'), w('キユウヨ　１メイ', 'ｷﾕｳﾖ 1ﾒｲ'));
    book(-440, 'other', w('手数料', 'ﾃｽｳﾘﾖｳ'));
  }
  if (isDebitDay(day, 28)) book(-132_000, 'debit', w('店舗賃料', 'ﾃﾝﾎﾟﾁﾝﾘﾖｳ'), w('ミナトビルヂング "A棟"', 'ﾐﾅﾄﾋﾞﾙﾁﾞﾝｸﾞ Aﾄｳ'));
}

function pennies(day: Day, chance: Chance, book: Book): void {
  // Twins, every month.
  if (dayOfMonth(day) === 12) for (let times = 0; times < 2; times++) book(500, 'debit', w('おつり貯金', 'ｵﾂﾘﾁﾖｷﾝ'));
  else if (chance.happens(0.45)) book(chance.between(1, 999), 'debit', w('おつり貯金', 'ｵﾂﾘﾁﾖｷﾝ'));
  if (isDebitDay(day, 26)) book(20_000, 'debit', w('普通より振替', 'ﾌﾂｳﾌﾘｶｴ'));
  if (!isWeekend(day) && chance.happens(0.03)) book(-chance.between(1, 4) * 10_000, 'cash', w('お引出し', 'ｵﾋｷﾀﾞｼ'));
  if ([3, 9].includes(monthOf(day)) && dayOfMonth(day) === 15)
    book(chance.between(0, 9), 'other', w('利息', 'ﾘｿｸ'), NOBODY, { side: 'in' });
}

/** All that happens on the account on the day, in booking order. */
export function movementsOn(life: Life, day: Day, seed: number, user: string, account: string): readonly Movement[] {
  const movements: Movement[] = [];
  const book: Book = (amount, kind, summary, name = NOBODY, more = {}) => {
    movements.push({ date: day, valueDate: day, amount, kind, side: amount < 0 ? 'out' : 'in', summary, name, ...more });
  };
  const chance = chanceOf(seed, user, account, day);
  const correctionDay = (of: Day): boolean => dayOfMonth(of) === chanceOf(seed, user, account, 'mistake', of.slice(0, 7)).between(4, 24);
  if (life === 'household') household(day, chance, book, correctionDay);
  if (life === 'shop') shop(day, chance, book);
  if (life === 'pennies') pennies(day, chance, book);
  return movements;
}
