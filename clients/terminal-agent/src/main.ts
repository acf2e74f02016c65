#!/usr/bin/env node
import { AppError } from '@enishi/errors';
import { parseCommand, USAGE } from './cli/arguments.js';
import { connect } from './cli/connect.js';
import { enrol } from './cli/enrol.js';
import { log } from './cli/log.js';
import { run } from './cli/run.js';
import { status } from './cli/status.js';

const say = (words: string) => process.stdout.write(`${words}\n`);

/** 0 done · 1 the verb says no · 2 wrong use · 3 revoked · 4 failed. */
async function main(argv: readonly string[]): Promise<number> {
  try {
    const command = parseCommand(argv);
    if (command === 'help') {
      say(USAGE);
      return 0;
    }
    switch (command.verb) {
      case 'enrol':
        return await enrol(command.values, say);
      case 'connect':
        return await connect(command.values, say);
      case 'run':
        return await run(command.values, say);
      case 'status':
        return await status(command.values, say);
      case 'log':
        return log(command.values, say);
    }
  } catch (error) {
    if (isSystemError(error)) {
      process.stderr.write(
        `enishi-agent: the system says ${error.code}${error.path ? ` (${error.path})` : ''} [terminal-agent.system_refused]\n`,
      );
      return 4;
    }
    if (!(error instanceof AppError)) throw error;
    process.stderr.write(`enishi-agent: ${error.message}${error.place ? ` (${error.place})` : ''} [${error.code}]\n`);
    if (error.code === 'terminal-agent.usage_wrong') process.stderr.write(`\n${USAGE}`);
    return error.code === 'terminal-agent.usage_wrong' ? 2 : 4;
  }
}

/** A full disk, a folder that may not be written: nothing that a stack trace would help with. */
function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'errno' in error && 'code' in error && typeof error.code === 'string';
}

process.exitCode = await main(process.argv.slice(2));
