/** The kinds of setting: each reads one environment variable, says what it must be, and never repeats its value. */
import { accessSync, constants, statSync } from 'node:fs';
import { z } from 'zod';
import { followedText, NoTextError } from './followed-text.js';
import { Secret } from './secret.js';

/** What the reference says of a field's kind. */
export const kinds = z.registry<{ readonly kind: string; readonly secret: boolean }>();

/** Bytes of a file with a secret, at most. */
export const MAX_SECRET_BYTES = 65_536;

const WORD_FOR_ABSENT = 'is not set';

function text(complaint: string) {
  return z.string({ error: (issue) => (issue.input === undefined ? WORD_FOR_ABSENT : complaint) });
}

function mark<T extends z.ZodType>(schema: T, kind: string, secret = false): T {
  kinds.add(schema, { kind, secret });
  return schema;
}

/** A whole number between `min` and `max`, in decimal digits. */
export function integer({ min, max }: { min: number; max: number }, unit = '') {
  const complaint = `must be a whole number from ${min} to ${max}${unit && ` (${unit})`}`;
  const schema = text(complaint)
    .regex(/^-?\d{1,15}$/, complaint)
    .transform(Number)
    .refine((value) => value >= min && value <= max, complaint);
  return mark(schema, `${min}–${max}${unit && ` ${unit}`}`);
}

/** A TCP port; 0 lets the system choose. */
export function port() {
  return mark(integer({ min: 0, max: 65_535 }), 'port');
}

/** A duration in milliseconds, 1 ms to 1 day unless told otherwise. */
export function durationMs({ min = 1, max = 86_400_000 }: { min?: number; max?: number } = {}) {
  return integer({ min, max }, 'ms');
}

/** A duration in whole seconds. */
export function durationSeconds({ min = 1, max = 31_536_000 }: { min?: number; max?: number } = {}) {
  return integer({ min, max }, 's');
}

/** Text of 1 to `max` characters that fits `pattern`. */
export function word({ max = 200, pattern }: { max?: number; pattern?: RegExp } = {}) {
  const complaint =
    pattern === undefined ? `must be 1 to ${max} characters` : `must fit ${pattern.source} and be ${max} characters at most`;
  return mark(
    text(complaint)
      .min(1, complaint)
      .max(max, complaint)
      .regex(pattern ?? /^/, complaint),
    'text',
  );
}

/** `true` or `false`. */
export function flag() {
  const complaint = 'must be true or false';
  return mark(
    text(complaint)
      .regex(/^(?:true|false)$/, complaint)
      .transform((value) => value === 'true'),
    'true or false',
  );
}

/** One of these words. */
export function oneOf<const W extends readonly [string, ...string[]]>(words: W) {
  const schema = z.enum(words, {
    error: (issue) => (issue.input === undefined ? WORD_FOR_ABSENT : `must be one of ${words.join(', ')}`),
  });
  return mark(schema, words.join(', '));
}

/** A URL with one of these schemes (`https`, `postgresql`), as it was written. `secret`: it holds a password. */
export function url({ schemes, secret = false }: { schemes: readonly string[]; secret?: boolean }) {
  const complaint = `must be a URL with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`;
  const schema = text(complaint).refine((value) => {
    if (!URL.canParse(value)) return false;
    const { protocol, host } = new URL(value);
    return host !== '' && schemes.includes(protocol.slice(0, -1));
  }, complaint);
  return mark(schema, `URL (${schemes.join(', ')})`, secret);
}

/** A host name or address to listen on. */
export function host() {
  const complaint = 'must be a host name or an IP address';
  return mark(text(complaint).regex(/^[A-Za-z0-9.:_-]{1,253}$/, complaint), 'host');
}

/** Path of a file that this process can read; the path is the value, so that a change of the file is seen. */
export function filePath() {
  return mark(
    text('must be a path').superRefine((path, ctx) => {
      const complaint = complaintOf(path, 'file');
      if (complaint !== undefined) ctx.addIssue({ code: 'custom', message: complaint });
    }),
    'path of a file',
  );
}

/** Path of a directory that this process can read. */
export function directoryPath() {
  return mark(
    text('must be a path').superRefine((path, ctx) => {
      const complaint = complaintOf(path, 'directory');
      if (complaint !== undefined) ctx.addIssue({ code: 'custom', message: complaint });
    }),
    'path of a directory',
  );
}

/** Path of a file whose text is the secret; surrounding white space is dropped. 64 KiB at most. `reveal()` follows the file. */
export function secretFile() {
  return mark(
    text('must be a path').transform((path, ctx): Secret => {
      let complaint = complaintOf(path, 'file');
      try {
        if (complaint === undefined) return new Secret(followedText(path, { maxBytes: MAX_SECRET_BYTES }));
      } catch (error) {
        complaint = error instanceof NoTextError ? error.message : 'names a file that cannot be read';
      }
      ctx.addIssue({ code: 'custom', message: complaint });
      return z.NEVER;
    }),
    'path of a file with a secret',
    true,
  );
}

/** What is wrong with a path, to stand behind the name of the setting. `named`: what the path leads to, with its article. */
export function complaintOf(path: string, wanted: 'file' | 'directory', named = `a ${wanted}`): string | undefined {
  try {
    const found = statSync(path);
    if (wanted === 'file' ? !found.isFile() : !found.isDirectory()) return `must name ${named}`;
    accessSync(path, constants.R_OK);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? `names ${named} that does not exist` : `names ${named} that cannot be read`;
  }
}
