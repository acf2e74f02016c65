/**
 * Mutants that no test can kill, because the program does the same with them. Each covers one survivor; one that
 * covers none any more fails the drill too.
 */

export interface Survivor {
  /** From the root of the repository. */
  readonly file: string;
  /** What stood there, white space squeezed. */
  readonly code: string;
  readonly becomes: string;
  readonly why: string;
}

export const SURVIVORS: readonly Survivor[] = [
  {
    file: 'services/parser/src/accept-result/check-result.ts',
    code: "'result'",
    becomes: '""',
    why: 'It stands in the sentence of the error only, and of that error only the reason goes on.',
  },
  {
    file: 'services/parser/src/accept-result/check-result.ts',
    code: "error.reason !== 'cannot_open'",
    becomes: 'false',
    why: 'The other keys are then tried in vain: what is malformed for one key is so for each, and the last one says it.',
  },
];
