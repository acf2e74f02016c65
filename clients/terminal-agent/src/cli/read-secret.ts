/** Asks for something that nobody may read over the shoulder; or takes it, a line each, from standard input. */
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { usageError } from './arguments.js';

const MAX_INPUT_BYTES = 65_536;

async function linesOfStdin(count: number): Promise<string[]> {
  let text = '';
  for await (const chunk of process.stdin) {
    text += String(chunk);
    if (text.length > MAX_INPUT_BYTES) throw usageError('standard input is too long');
    // An interactive pipe need not be closed: as many lines as were asked for are enough.
    if (text.split('\n').length > count) break;
  }
  return text.split(/\r?\n/);
}

async function ask(prompt: string): Promise<string> {
  let muted = false;
  const output = new Writable({
    write(chunk, _encoding, done) {
      if (!muted) process.stderr.write(chunk);
      done();
    },
  });
  const lines = createInterface({ input: process.stdin, output, terminal: true });
  const answer = lines.question(prompt);
  muted = true;
  const text = await answer;
  lines.close();
  process.stderr.write('\n');
  return text;
}

/** One value per prompt. @throws AppError terminal-agent.usage_wrong when one is empty */
export async function readSecrets(prompts: readonly string[]): Promise<string[]> {
  const values: string[] = [];
  if (process.stdin.isTTY) for (const prompt of prompts) values.push(await ask(`${prompt}: `));
  else values.push(...(await linesOfStdin(prompts.length)).slice(0, prompts.length));
  const empty = prompts.findIndex((_prompt, index) => !values[index]);
  if (empty !== -1) throw usageError(`no value was given for: ${prompts[empty]}`, 'standard input');
  return values;
}
