/** Runs helm: the pinned one, with settings of its own, against no cluster. */
import { spawnSync } from 'node:child_process';
import { findHelm } from '@enishi/infra';
import { inheritedEnvironment } from '../config.js';
import { SHARED_CACHE } from '../layout.js';

// Found once, when this file is first imported: all that runs helm can then be plain synchronous code.
const found = await findHelm(SHARED_CACHE, (message) => process.stderr.write(`${message}\n`));

/** What helm wrote to stdout; throws an Error with helm's own sentence when it refused. `input`: its stdin. */
export function helm(args: readonly string[], input = ''): string {
  const { status, stdout, stderr, error } = spawnSync(found.file, args, {
    input,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    env: { ...inheritedEnvironment(), ...found.env },
  });
  if (error) throw error;
  // `lint` tells on stdout what it found, and on stderr how much.
  if (status !== 0) throw new Error(sentenceOf([stdout, stderr].map((text) => text.trim()).join('\n')));
  return stdout;
}

function sentenceOf(said: string): string {
  return said
    .replace(/^Error: /m, '')
    .replace(/\n*Use --debug flag to render out invalid YAML\n*/, '')
    .trim();
}
