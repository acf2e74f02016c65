import { platformError } from '@enishi/errors';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { setCaller } from './caller.js';
import type { InternalTokens } from './internal-token.js';
import { contractOf } from './served-contract.js';

/** Lets in who bears an internal token with the scope of the route. A method without @Serves is no door. */
export class InternalTokenGuard implements CanActivate {
  constructor(private readonly tokens: InternalTokens) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const contract = contractOf(context.getHandler());
    if (contract === undefined) throw platformError('not_found', 'There is no such operation.');
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const caller = await this.tokens.verify(bearerOf(request));
    if (!caller.scopes.includes(contract.scope))
      throw platformError('scope_missing', `The internal token lacks the scope ${contract.scope}.`, { place: 'header.authorization' });
    setCaller(request, caller);
    return true;
  }
}

/** The token of an Authorization header (RFC 6750 §2.1); nowhere else is looked for one. */
function bearerOf(request: FastifyRequest): string {
  const header = request.headers.authorization;
  const token = header === undefined ? undefined : /^bearer +([^\s]+) *$/i.exec(header)?.[1];
  if (token !== undefined) return token;
  throw platformError('token_not_valid', header === undefined ? 'The internal token is missing.' : 'The internal token cannot be read.', {
    place: 'header.authorization',
  });
}
