import type { RouteContract } from '@enishi/contracts';
import type { ExecutionContext } from '@nestjs/common';
import type { Caller } from './serves.js';

/** Parses params, query and body by the contract. @throws platform.input_not_valid */
export function readInput(_contract: RouteContract, _context: ExecutionContext): unknown {
  throw new Error('to be written');
}

/** The caller whom the guard let in. */
export function readCaller(_context: ExecutionContext): Caller {
  throw new Error('to be written');
}
