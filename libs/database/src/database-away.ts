import { type AppError, platformError } from '@enishi/errors';
import { failureFacts } from './database-failure.js';

/**
 * Prisma's codes for "password refused, not reachable, timed out, closed, no connection free, transaction not to be had,
 * write conflict". The password: while it is being changed, the server may know the new one before our file has it.
 */
const CODES: ReadonlySet<string> = new Set(['P1000', 'P1001', 'P1002', 'P1008', 'P1017', 'P2024', 'P2028', 'P2034']);
/** The same as @prisma/adapter-pg names it, where Prisma has no code for it (raw statements). */
const KINDS: ReadonlySet<string> = new Set([
  'AuthenticationFailed',
  'DatabaseNotReachable',
  'ConnectionClosed',
  'SocketTimeout',
  'TooManyConnections',
  'TransactionWriteConflict',
]);
/** SQLSTATE 28P01 (password) and classes 08 (connection), 53 (out of resources), 57P (stopping or starting), and 40 (rolled back to be tried again). */
const STATES = /^(?:28P01|08...|53...|57P0[1-4]|40001|40P01)$/;

/**
 * `platform.not_available` when the failure is that of the database for now, and the same may succeed later: then nothing
 * of the statement or transaction has happened, or (of a commit whose answer was lost) it is not known. Else undefined.
 */
export function databaseAway(error: unknown): AppError | undefined {
  const { code, kind, states } = failureFacts(error);
  const away = CODES.has(code) || KINDS.has(kind) || states.some((state) => STATES.test(state));
  return away ? platformError('not_available', 'The database is away.', { cause: error }) : undefined;
}
