/** Answers of a bank that are made to cost whoever reads them. Kinds and sizes are fixed, so that runs can be compared. */
import { gzipSync } from 'node:zlib';
import type { BankAnswer } from './sealed-answer.js';

const MEBIBYTE = 1_048_576;
/** As large as an HTML page may be unless its connector says otherwise. */
const PAGE_BYTES = 500_000;
const CSV_HEADER = 'お取引日,起算日,お支払金額,お預り金額,差引残高,摘要,お取引先';

const repeated = (text: string, bytes: number) => text.repeat(Math.floor(bytes / text.length));
const formatting = (bytes: number) =>
  `<p>${Array.from({ length: 500 }, (_, i) => `<b a${i}>`).join('')}${repeated('<p>x', Math.max(2_000, bytes - 6_000))}`;
const html = (text: string, request = 'accounts'): BankAnswer => ({
  request,
  contentType: 'text/html; charset=utf-8',
  body: Buffer.from(text),
});
const csv = (body: string | Buffer): BankAnswer => ({
  request: 'csv',
  params: { account: '9E1BC8AFCE40' },
  contentType: 'text/csv; charset=utf-8',
  body: Buffer.from(body),
});

/** For a connector whose requests allow 2 MiB and whose page `login` has the pattern `^((?:a+)+)$` on `h2`. */
export const BOMBS: Readonly<Record<string, () => BankAnswer>> = {
  'formatting 8 KB': () => html(formatting(8_000)),
  'formatting 48 KB': () => html(formatting(48_000)),
  'formatting 500 KB': () => html(formatting(PAGE_BYTES)),
  nesting: () => html(repeated('<div>', PAGE_BYTES)),
  elements: () => html(repeated('<p>', PAGE_BYTES)),
  attributes: () => html(`<p ${Array.from({ length: 80_000 }, (_, i) => i.toString(36)).join(' ')}>`),
  misnesting: () => html('<a>'.repeat(200) + '<div>'.repeat(250) + repeated('</a>', PAGE_BYTES)),
  text: () => html(`<h2>${repeated('ロ', PAGE_BYTES)}</h2>`),
  'one line': () => csv(`${CSV_HEADER}\n"${'x'.repeat(2_000_000)}`),
  commas: () => csv(`${CSV_HEADER}\n${','.repeat(2_000_000)}`),
  'entries beyond the limit': () => csv(`件数,130000\n${CSV_HEADER}\n${'2026/1/1,,,1,,,\n'.repeat(130_000)}`),
  'entries below the limit': () => csv(`件数,17000\n${CSV_HEADER}\n${'2026/1/1,,,1,,,\n'.repeat(17_000)}`),
  compressed: () => csv(gzipSync(Buffer.alloc(64 * MEBIBYTE))),
  pattern: () => html(`<h2>${'a'.repeat(400)}!</h2>`, 'loginForm'),
};
