import type { RouteContract } from '@enishi/contracts';
import { fromZod, platformError } from '@enishi/errors';
import type { ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { signalOf } from './event-stream.js';

/** Parses params, query and body by the contract. @throws platform.input_not_valid with the place of what does not fit */
export function readInput(contract: RouteContract, context: ExecutionContext): unknown {
  const request = context.switchToHttp().getRequest<FastifyRequest>();
  const input = {
    params: parse(contract.params, request.params ?? {}, 'params'),
    query: parse(contract.query, onceEach(request.query ?? {}), 'query'),
    body: parse(contract.body, request.body ?? undefined, 'body'),
  };
  if (contract.responds === 'json') return input;
  return { ...input, lastEventId: lastEventIdOf(request), signal: signalOf(request) };
}

function parse(schema: RouteContract['body'], value: unknown, where: string): unknown {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw fromZod(parsed.error, where);
  return parsed.data;
}

/** A key that comes twice has no one meaning, and coercion would hide it. */
function onceEach(query: unknown): unknown {
  for (const [key, value] of Object.entries(query as Record<string, unknown>))
    if (Array.isArray(value)) throw fromZod({ issues: [{ path: [key], message: 'must be given once' }] }, 'query');
  return query;
}

function lastEventIdOf(request: FastifyRequest): number | null {
  const text = request.headers['last-event-id'];
  if (text === undefined || text === '') return null;
  if (typeof text === 'string' && /^\d{1,15}$/.test(text)) return Number(text);
  throw platformError('input_not_valid', 'header.last-event-id: must be the id of an event of this stream', {
    place: 'header.last-event-id',
  });
}
