/** cli.js FILE [--profile NAME] [--as-of YYYY-MM-DD]: prints one JSON object; exit 0 when something could be read, 1 when not, 2 on wrong use. */
import { parseArgs } from 'node:util';
import { toJson } from '../read-statement/statement-file.js';
import { parseFile } from './parse-file.js';

const USAGE = 'usage: enishi parse FILE [--profile NAME] [--as-of YYYY-MM-DD]';

function isDay(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(`${text}T00:00:00Z`));
}

async function main(): Promise<number> {
  let parsed: { values: { profile?: string | undefined; 'as-of'?: string | undefined }; positionals: string[] };
  try {
    parsed = parseArgs({ allowPositionals: true, options: { profile: { type: 'string' }, 'as-of': { type: 'string' } } });
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${USAGE}\n`);
    return 2;
  }
  const [path, ...more] = parsed.positionals;
  const asOf = parsed.values['as-of'] ?? null;
  if (!path || more.length > 0 || (asOf !== null && !isDay(asOf))) {
    process.stderr.write(`${asOf !== null && !isDay(asOf) ? '--as-of must be a day, YYYY-MM-DD\n' : ''}${USAGE}\n`);
    return 2;
  }
  const file = await parseFile(path, { profile: parsed.values.profile ?? null, asOf });
  process.stdout.write(`${JSON.stringify(toJson(file), null, 2)}\n`);
  if (file.verdict !== 'refused') return 0;
  process.stderr.write(`refused: ${file.problems.map(({ code, message }) => `${code}: ${message}`).join('; ')}\n`);
  return 1;
}

// Whoever reads has seen enough (`| head`): that is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});
process.exitCode = await main();
