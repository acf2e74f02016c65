/** Where the header of a CSV is, and which column is which. */
import { type Charset, decode } from './charset.js';
import { type CsvColumns, type CsvProfile, columnsOf, plainName } from './csv-profiles.js';
import { type CsvRow, csvRows, DELIMITERS, type Delimiter } from './csv-rows.js';
import { type AccountColumns, accountColumnsOf, type Line } from './csv-titles.js';

/** Title lines before the header, at most. */
const MAX_TITLE_ROWS = 40;
export interface Layout {
  profile: CsvProfile;
  columns: CsvColumns;
  header: Line;
  /** Columns up to the last one that has a name. */
  width: number;
  account: AccountColumns | null;
  delimiter: Delimiter;
  /** Lines before the header. */
  titles: Line[];
  headerLines: number;
}

export function toLine(row: CsvRow, charset: Charset): Line {
  return { row, cells: row.cells.map((cell) => decode(cell, charset).trim()) };
}

/** Finds the header line: the first line that one of the profiles knows. */
export function layoutOf(bytes: Uint8Array, charset: Charset, profiles: readonly CsvProfile[]): Layout | null {
  for (const delimiter of Object.keys(DELIMITERS) as Delimiter[]) {
    const titles: Line[] = [];
    for (const row of csvRows(bytes, delimiter)) {
      const line = toLine(row, charset);
      for (const profile of profiles) {
        const columns = columnsOf(profile, line.cells);
        if (columns) {
          const width = line.cells.findLastIndex((cell) => cell !== '') + 1;
          return {
            profile,
            columns,
            header: line,
            width,
            account: accountColumnsOf(line.cells),
            delimiter,
            titles,
            headerLines: titles.length + 1,
          };
        }
      }
      titles.push(line);
      if (titles.length > MAX_TITLE_ROWS) break;
    }
  }
  return null;
}

export function isHeaderAgain({ cells }: Line, { columns, header }: Layout): boolean {
  const column = columns.dateParts?.[0] ?? columns.date;
  const cell = cells[column] ?? '';
  return !/^\d/.test(cell) && plainName(cell) === plainName(header.cells[column] ?? '');
}
