/** OpenAPI 3.1 of a service, from the schemas that its door checks by. */
import { STATUS_CODES } from 'node:http';
import { type ErrorKind, INTERNAL_TOKEN_TYP, type RouteContract, type ServiceName } from '@enishi/contracts';
import { httpStatusOf, PLATFORM_ERRORS, type PlatformReason } from '@enishi/errors';
import { z } from 'zod';
import { HTTP_LIMITS } from './limits.js';
import { PROBLEM_CONTENT_TYPE } from './problem.js';

type Json = Record<string, unknown>;
const SECURITY_SCHEME = 'internalToken';

/** Document of `service`: its routes in the order of the contracts, every status with every code that may come with it. */
export function openApiOf(service: ServiceName, routes: readonly RouteContract[]): Json {
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    if (route.owner !== service) throw new TypeError(`${route.operationId} is a route of ${route.owner}`);
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operationOf(route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: `Enishi ${service}`,
      version: '1',
      description: `HTTP doors of ${service}, for callers inside the platform. Errors are problem details (RFC 9457) with a stable code.`,
    },
    paths,
    components: {
      schemas: { Problem: PROBLEM_SCHEMA },
      securitySchemes: {
        [SECURITY_SCHEME]: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: `Internal token: typ ${INTERNAL_TOKEN_TYP}, aud ${service}, life of a minute. The scopes of an operation stand with it.`,
        },
      },
    },
  };
}

const PROBLEM_SCHEMA = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'code'],
  properties: {
    type: { const: 'about:blank' },
    title: { type: 'string', description: 'The name of the HTTP status' },
    status: { type: 'integer' },
    detail: { type: 'string', description: 'What is wrong, in plain words; withheld when the fault is ours' },
    code: { type: 'string', description: 'Stable: <owner>.<reason>' },
    place: { type: 'string', description: 'Where in the request: body.label, query.limit' },
    traceId: { type: 'string', pattern: '^[0-9a-f]{32}$', description: 'Finds the request in traces and logs' },
  },
} as const;

function operationOf(route: RouteContract): Json {
  return {
    operationId: route.operationId,
    summary: route.summary,
    security: [{ [SECURITY_SCHEME]: [route.scope] }],
    ...parametersOf(route),
    ...bodyOf(route),
    responses: { [String(route.status)]: successOf(route), ...problemsOf(route) },
  };
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, target: 'draft-2020-12' }) as Json;
  return rest;
}

function parametersOf(route: RouteContract): { parameters?: Json[] } {
  const parameters = [...membersOf(route.params, 'path'), ...membersOf(route.query, 'query')];
  if (route.responds === 'event-stream')
    parameters.push({
      name: 'Last-Event-ID',
      in: 'header',
      required: false,
      description: 'Id of the last event that was seen; the stream goes on after it',
      schema: { type: 'integer', minimum: 0 },
    });
  return parameters.length === 0 ? {} : { parameters };
}

function membersOf(schema: z.ZodType, where: 'path' | 'query'): Json[] {
  const { properties = {}, required = [] } = schemaOf(schema, 'input') as { properties?: Record<string, Json>; required?: string[] };
  return Object.entries(properties).map(([name, { description, ...member }]) => ({
    name,
    in: where,
    required: where === 'path' || required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema: member,
  }));
}

function hasNothing(schema: z.ZodType): boolean {
  return schema instanceof z.ZodUndefined;
}

function bodyOf({ body }: RouteContract): Json {
  return hasNothing(body) ? {} : { requestBody: { required: true, content: { 'application/json': { schema: schemaOf(body, 'input') } } } };
}

function successOf(route: RouteContract): Json {
  if (route.responds === 'event-stream')
    return {
      description:
        'Server-sent events. The data of each is JSON of x-event-data, its id is seq. An event named problem carries a Problem and ends the stream.',
      content: { 'text/event-stream': { schema: { type: 'string' }, 'x-event-data': schemaOf(route.output, 'output') } },
    };
  const description = STATUS_CODES[route.status] ?? '';
  return hasNothing(route.output)
    ? { description }
    : { description, content: { 'application/json': { schema: schemaOf(route.output, 'output') } } };
}

/** Every code that the route may answer with, its own first. */
function codesOf(route: RouteContract): { code: string; kind: ErrorKind; meaning: string }[] {
  const own = Object.entries(route.errors).map(([reason, kind]) => ({ code: `${route.owner}.${reason}`, kind, meaning: '' }));
  const platform = Object.entries(PLATFORM_ERRORS)
    .filter(([reason]) => (reason as PlatformReason) !== 'too_large' || !hasNothing(route.body))
    .filter(([reason]) => (reason as PlatformReason) !== 'not_found')
    .map(([reason, { kind, meaning }]) => ({ code: `platform.${reason}`, kind, meaning }));
  return [...own, ...platform];
}

function problemsOf(route: RouteContract): Json {
  const byStatus = new Map<number, ReturnType<typeof codesOf>>();
  for (const one of codesOf(route)) byStatus.set(httpStatusOf(one), [...(byStatus.get(httpStatusOf(one)) ?? []), one]);
  const entries = [...byStatus].toSorted(([a], [b]) => a - b).map(([status, codes]) => [String(status), problemResponse(status, codes)]);
  return Object.fromEntries(entries) as Json;
}

const HEADERS: Readonly<Record<number, Json>> = {
  401: { 'WWW-Authenticate': { schema: { type: 'string' }, description: 'RFC 6750 §3' } },
  403: { 'WWW-Authenticate': { schema: { type: 'string' }, description: 'RFC 6750 §3, when the scope is missing' } },
  503: { 'Retry-After': { schema: { type: 'integer' }, description: 'Seconds' } },
};

function problemResponse(status: number, codes: ReturnType<typeof codesOf>): Json {
  const lines = codes.map(({ code, meaning }) => (meaning === '' ? `\`${code}\`` : `\`${code}\`: ${meaning}`));
  if (status === 413) lines.push(`The limit is ${HTTP_LIMITS.bodyBytes} bytes.`);
  return {
    description: `${STATUS_CODES[status] ?? ''}. ${lines.join(' ')}`,
    ...(HEADERS[status] === undefined ? {} : { headers: HEADERS[status] }),
    content: {
      [PROBLEM_CONTENT_TYPE]: {
        schema: {
          allOf: [
            { $ref: '#/components/schemas/Problem' },
            { type: 'object', properties: { status: { const: status }, code: { enum: codes.map(({ code }) => code) } } },
          ],
        },
      },
    },
  };
}
