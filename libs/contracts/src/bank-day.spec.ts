import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { bankDayOf } from './bank-day.js';

const ROOT = new URL('../../../', import.meta.url).pathname;

/** Sources of services and libs; the example bank is somebody else's system and keeps its own calendar. */
function sources(): string[] {
  return ['services', 'libs'].flatMap((folder) =>
    readdirSync(join(ROOT, folder)).flatMap((part) =>
      readdirSync(join(ROOT, folder, part, 'src'), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts') && !name.includes('generated'))
        .map((name) => join(folder, part, 'src', name)),
    ),
  );
}

describe('the day at the bank', () => {
  it('changes at midnight in Japan', () => {
    expect(bankDayOf(new Date('2026-11-22T14:59:59.999Z'))).toBe('2026-11-22');
    expect(bankDayOf(new Date('2026-11-22T15:00:00Z'))).toBe('2026-11-23');
    expect(bankDayOf(new Date('2026-12-31T15:00:00Z'))).toBe('2027-01-01');
  });
  it('is made of a moment in one place only', () => {
    const ownCalendar = /(new Date\(\)|Date\.now\(\)|mtime)\S*\.toISOString\(\)\.slice\(0, 10\)|9 \* (3_?600_?000|60 \* 60)|Asia\/Tokyo/;
    const found = sources().filter((file) => ownCalendar.test(readFileSync(join(ROOT, file), 'utf8').replaceAll(/\s*\n\s*/g, ' ')));
    expect(found).toEqual(['libs/contracts/src/bank-day.ts']);
  });
});
