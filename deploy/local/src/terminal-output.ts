/** What the launcher says to a person: progress while something takes long, one line when it is done. */

export interface Progress {
  /** Says that a step began; the returned function says that it is done. */
  begin(title: string): (detail?: string) => void;
  note(text: string): void;
}

/** Writes to stderr, so that what a verb prints for machines stays alone on stdout. */
export const toStderr: Progress = {
  begin(title) {
    const from = performance.now();
    if (process.stderr.isTTY) process.stderr.write(`  ${title} …`);
    return (detail) => {
      const seconds = ((performance.now() - from) / 1000).toFixed(1);
      const line = `  ${title} … ${detail ?? `${seconds} s`}\n`;
      process.stderr.write(process.stderr.isTTY ? `\r\x1b[2K${line}` : line);
    };
  },
  note: (text) => void process.stderr.write(`  ${text}\n`),
};

/** Says nothing; for tests and drills that tell their own story. */
export const quiet: Progress = { begin: () => () => undefined, note: () => undefined };

/** A table whose columns are as wide as their widest cell (full-width characters count twice). */
export function table(given: readonly (readonly string[])[]): string {
  // What a service wrote must not speak to the operator's terminal.
  const rows = given.map((row) => row.map((cell) => cell.replace(/[\p{Cc}\p{Cf}]/gu, '\ufffd')));
  const width = (text: string) => Array.from(text).reduce((sum, char) => sum + (/[\u1100-\uffdc]/u.test(char) ? 2 : 1), 0);
  const columns = rows[0]?.length ?? 0;
  const widths = Array.from({ length: columns }, (_, i) => Math.max(...rows.map((row) => width(row[i] ?? ''))));
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell + ' '.repeat((widths[i] ?? 0) - width(cell)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
