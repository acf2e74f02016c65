import { type AppError, platformError } from '@enishi/errors';
import { failureFacts } from './database-failure.js';

/** Prisma's codes for SQLSTATE class 22 (the value has no place in its column), where it gives one. */
const VALUE_CODES: ReadonlySet<string> = new Set(['P2000', 'P2006', 'P2007', 'P2020', 'P2033']);
/** The same for class 23 (a unique, foreign, not-null or check constraint). */
const RULE_CODES: ReadonlySet<string> = new Set(['P2002', 'P2003', 'P2004', 'P2011']);
/** Whether the database refused a value or broke off over a rule: the same statement would be refused again. */
const VALUE_STATES = /^22/;
const RULE_STATES = /^23/;

/**
 * `platform.value_not_storable` or `platform.rule_violated` when Postgres refused the statement for what it says: with the
 * same values it will be refused each time (22P05 and 22021: U+0000; 22008: no such day; 23505: there already). So nobody
 * tries it again. Else undefined.
 */
export function databaseRefusal(error: unknown): AppError | undefined {
  const { code, states } = failureFacts(error);
  if (VALUE_CODES.has(code) || states.some((state) => VALUE_STATES.test(state)))
    return platformError('value_not_storable', 'A value cannot be stored.', { cause: error });
  if (RULE_CODES.has(code) || states.some((state) => RULE_STATES.test(state)))
    return platformError('rule_violated', 'This contradicts what is stored.', { cause: error });
  return undefined;
}
