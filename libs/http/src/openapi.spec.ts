import { CAUSES, REQUESTS, ROUTES, type RouteContract, SERVICES } from '@enishi/contracts';
import { PLATFORM_ERRORS } from '@enishi/errors';
import { describe, expect, it } from '@jest/globals';
import { failThing, putThing, THING_ROUTES, watchThing } from '../test/door.fixture.js';
import { errorsDocument } from './errors-doc.js';
import { openApiOf } from './openapi.js';

interface Operation {
  operationId: string;
  security: Record<string, string[]>[];
  parameters?: { name: string; in: string; required: boolean; schema: Record<string, unknown> }[];
  requestBody?: { content: Record<string, { schema: Record<string, unknown> }> };
  responses: Record<string, { description: string; content?: Record<string, { schema: { allOf?: unknown[] } }> }>;
}
type Document = { paths: Record<string, Record<string, Operation>> };

const documentOf = (routes: readonly RouteContract[]) => openApiOf('parser', routes) as unknown as Document;
const operationOf = (route: RouteContract) => documentOf(THING_ROUTES).paths[route.path]?.[route.method.toLowerCase()] as Operation;

/** All codes that the operation may answer with. */
function codesIn(operation: Operation): string[] {
  return Object.values(operation.responses).flatMap(({ content }) => {
    const parts = content?.['application/problem+json']?.schema.allOf as
      | [unknown, { properties: { code: { enum: string[] } } }]
      | undefined;
    return parts?.[1].properties.code.enum ?? [];
  });
}

describe('the OpenAPI document', () => {
  it.each(SERVICES)('has every route of %s, with its scope, status and codes', (service) => {
    const routes = ROUTES.filter(({ owner }) => owner === service);
    const { paths } = openApiOf(service, routes) as unknown as Document;
    const operations = Object.values(paths).flatMap((path) => Object.values(path));
    expect(operations.map(({ operationId }) => operationId).toSorted()).toEqual(routes.map(({ operationId }) => operationId).toSorted());
    for (const route of routes) {
      const operation = paths[route.path]?.[route.method.toLowerCase()] as Operation;
      expect(operation.security).toEqual([{ internalToken: [route.scope] }]);
      expect(Object.keys(operation.responses)).toContain(String(route.status));
      expect(codesIn(operation)).toEqual(expect.arrayContaining(Object.keys(route.errors).map((reason) => `${service}.${reason}`)));
      for (const code of ['input_not_valid', 'token_not_valid', 'scope_missing', 'not_available', 'broken'])
        expect(codesIn(operation)).toContain(`platform.${code}`);
    }
  });

  it('names each operation once', () => {
    for (const service of SERVICES) {
      const ids = ROUTES.filter(({ owner }) => owner === service).map(({ operationId }) => operationId);
      expect(new Set(ids).size).toBe(ids.length);
    }
  });

  it('tells parameters and body as the door checks them', () => {
    const { parameters, requestBody, responses } = operationOf(putThing);
    expect(parameters).toEqual([
      { name: 'thingId', in: 'path', required: true, schema: { type: 'string', pattern: '^[a-z]{1,10}$' } },
      { name: 'limit', in: 'query', required: false, schema: { type: 'integer', minimum: 1, maximum: 500, default: 100 } },
      { name: 'note', in: 'query', required: false, schema: { type: 'string', maxLength: 20 } },
    ]);
    expect(requestBody?.content['application/json']?.schema).toMatchObject({ additionalProperties: false, required: ['label'] });
    expect(Object.keys(responses)).toEqual(['200', '400', '401', '403', '409', '413', '500', '503']);
  });

  it('tells of an event stream what its events are, and where it goes on', () => {
    const { parameters, responses } = operationOf(watchThing);
    expect(parameters?.map(({ name }) => name)).toEqual(['thingId', 'Last-Event-ID']);
    expect(responses['200']?.content?.['text/event-stream']).toMatchObject({ 'x-event-data': { properties: { seq: {}, text: {} } } });
  });

  it('has no body and no 413 where none is taken', () => {
    expect(operationOf(failThing).requestBody).toBeUndefined();
    expect(Object.keys(operationOf(failThing).responses)).toEqual(['200', '400', '401', '403', '404', '409', '500', '503']);
  });

  it('is the same each time, and JSON', () => {
    const text = JSON.stringify(openApiOf('parser', THING_ROUTES));
    expect(JSON.stringify(openApiOf('parser', THING_ROUTES))).toBe(text);
    expect(JSON.parse(text)).toEqual(openApiOf('parser', THING_ROUTES));
  });

  it('refuses a route of another service', () => {
    expect(() => openApiOf('command-dispatcher', THING_ROUTES)).toThrow('is a route of parser');
  });
});

describe('the document of errors', () => {
  it('has every code that is declared, the platform’s own, and every cause in both languages', () => {
    const text = errorsDocument();
    for (const { owner, errors } of [...REQUESTS, ...ROUTES])
      for (const [reason, kind] of Object.entries(errors)) expect(text).toMatch(new RegExp(`\\| \`${owner}\\.${reason}\` \\| ${kind} \\|`));
    for (const reason of Object.keys(PLATFORM_ERRORS)) expect(text).toContain(`\`platform.${reason}\``);
    for (const [cause, { text: words }] of Object.entries(CAUSES)) {
      expect(text).toContain(`\`${cause}\``);
      expect(text).toContain(words.en);
      expect(text).toContain(words.ja);
    }
  });
});
