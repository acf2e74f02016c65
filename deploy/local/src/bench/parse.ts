/** How fast the statement reader reads a large Zengin file, beside decoding the same bytes and cutting them into records. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../layout.js';
import { type Measurement, median, rounded } from './measurement.js';

const RECORD_BYTES = 202;
const RECORDS = 50_000;
const ROUNDS = 5;
/** Reading checks every field of every record; decoding looks at none. */
const TARGET_RATIO = 0.01;

interface Reader {
  readStatement(bytes: Uint8Array, options: { fetchedOn: string }): { verdict: string; statements: { transactions: unknown[] }[] };
}

export async function parse(): Promise<Measurement[]> {
  const reader = (await import(
    pathToFileURL(join(ROOT, 'services', 'parser', 'dist', 'read-statement', 'read-statement.js')).href
  )) as Reader;
  const file = largeFile();
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    let from = performance.now();
    const read = reader.readStatement(file, { fetchedOn: '2026-11-22' });
    ours.push(RECORDS / ((performance.now() - from) / 1000));
    if (read.verdict !== 'complete' || read.statements[0]?.transactions.length !== RECORDS)
      throw new Error(`the reader said ${read.verdict}`);
    from = performance.now();
    const records = new TextDecoder('shift_jis').decode(file).split('\r\n');
    theirs.push(records.length / ((performance.now() - from) / 1000));
  }
  const ratio = median(ours) / median(theirs);
  return [
    {
      name: 'parser.zengin03',
      value: rounded(median(ours)),
      unit: 'records/s',
      reference: rounded(median(theirs)),
      referenceIs: 'decode Shift_JIS and split the same bytes',
      ratio: rounded(ratio),
      target: `ratio >= ${TARGET_RATIO}`,
      ok: ratio >= TARGET_RATIO,
      on: `${RECORDS} records, ${(file.length / 1_048_576).toFixed(1)} MiB, median of ${ROUNDS}`,
    },
  ];
}

/** The example bank's file with its data records repeated, and a trailer that says so. */
function largeFile(): Buffer {
  const sample = readFileSync(join(ROOT, 'examples', 'bank', 'samples', 'ordinary.zengin'));
  const records = Array.from({ length: Math.floor(sample.length / RECORD_BYTES) }, (_, i) =>
    sample.subarray(i * RECORD_BYTES, (i + 1) * RECORD_BYTES),
  );
  const kind = (record: Buffer) => String.fromCharCode(record[0] ?? 0);
  const header = records.find((record) => kind(record) === '1');
  const trailer = Buffer.from(records.find((record) => kind(record) === '8') ?? Buffer.alloc(0));
  const end = records.find((record) => kind(record) === '9');
  const data = records.filter((record) => kind(record) === '2');
  if (!header || !end || trailer.length === 0) throw new Error('the sample is no Zengin file');
  const all = Array.from({ length: RECORDS }, (_, i) => data[i % data.length] as Buffer);
  const totals = { '1': { count: 0, sum: 0n }, '2': { count: 0, sum: 0n } };
  for (const record of all) {
    // Byte 22: 1 paid in, 2 paid out; bytes 25 to 36: the amount.
    const side = totals[String.fromCharCode(record[21] ?? 0) as '1' | '2'];
    side.count += 1;
    side.sum += BigInt(record.toString('latin1', 24, 36));
  }
  const opening = BigInt(header.toString('latin1', 115, 129)) * (header[113] === 0x32 ? -1n : 1n);
  const closing = opening + totals['1'].sum - totals['2'].sum;
  const put = (at: number, text: string) => trailer.write(text, at, 'latin1');
  put(1, String(totals['1'].count).padStart(6, '0') + String(totals['1'].sum).padStart(13, '0'));
  put(20, String(totals['2'].count).padStart(6, '0') + String(totals['2'].sum).padStart(13, '0'));
  // Byte 40: the sign of the closing balance; then the balance, then how many data records there are.
  put(39, (closing < 0n ? '2' : '1') + String(closing < 0n ? -closing : closing).padStart(14, '0'));
  put(54, String(all.length).padStart(7, '0'));
  const last = Buffer.from(end);
  last.write(String(all.length + 3).padStart(10, '0'), 1, 'latin1');
  return Buffer.concat([header, ...all, trailer, last]);
}
