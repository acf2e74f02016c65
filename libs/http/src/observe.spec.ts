import { startTelemetry, withSpan } from '@enishi/telemetry';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor } from '@opentelemetry/sdk-trace';
import { behaviour, type Door, HOLDER, openDoor } from '../test/door.fixture.js';

const spans = new InMemorySpanExporter();
startTelemetry({ serviceName: 'parser', spanProcessors: [new SimpleSpanProcessor({ exporter: spans })] });
const TRACE = '0af7651916cd43dd8448eb211c80319c';

let door: Door;
beforeAll(async () => {
  door = await openDoor();
  behaviour.fail['span'] = () => withSpan('inner', {}, () => ({ fine: true }));
});
afterAll(() => door.close());
beforeEach(() => spans.reset());

const ask = (path: string, headers: Record<string, string> = {}) =>
  fetch(`${door.service.url}${path}`, {
    headers: { authorization: `Bearer ${door.token()}`, traceparent: `00-${TRACE}-b7ad6b7169203331-01`, ...headers },
  });

/** The span of a request: it ends when the connection has closed the answer, which may be after the client has read it. */
async function serverSpan(): Promise<ReadableSpan> {
  for (;;) {
    const found = spans.getFinishedSpans().find(({ kind }) => kind === SpanKind.SERVER);
    if (found !== undefined) return found;
    await new Promise(setImmediate);
  }
}

describe('a request', () => {
  it('is a span of the trace that it came with, and the parent of what its handler does', async () => {
    expect((await ask('/v1/failures/span')).status).toBe(200);
    const server = await serverSpan();
    expect(server).toMatchObject({
      name: 'GET /v1/failures/{how}',
      parentSpanContext: { traceId: TRACE, spanId: 'b7ad6b7169203331' },
      attributes: {
        'http.request.method': 'GET',
        'http.route': '/v1/failures/{how}',
        'http.response.status_code': 200,
        'enishi.operation': 'failThing',
      },
      status: { code: SpanStatusCode.UNSET },
    });
    const inner = spans.getFinishedSpans().find(({ name }) => name === 'inner');
    expect(inner?.parentSpanContext?.spanId).toBe(server.spanContext().spanId);
  });

  it('is a span of the same trace after its body has come in', async () => {
    const response = await fetch(`${door.service.url}/v1/things`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${door.token()}`,
        traceparent: `00-${TRACE}-b7ad6b7169203331-01`,
        'content-type': 'application/json',
      },
      body: '{"label":5}',
    });
    // The trace id of a problem is taken from the active span.
    expect(await response.json()).toMatchObject({ code: 'platform.input_not_valid', traceId: TRACE });
  });

  it('has the code of its refusal, and fails only by a fault of ours', async () => {
    await ask('/v1/failures/declared');
    expect(await serverSpan()).toMatchObject({
      attributes: { 'error.type': 'parser.thing_unknown' },
      status: { code: SpanStatusCode.UNSET },
    });
    spans.reset();
    await ask('/v1/failures/unknown');
    expect(await serverSpan()).toMatchObject({ attributes: { 'error.type': 'platform.broken' }, status: { code: SpanStatusCode.ERROR } });
  });

  it('of an event stream is a span to the end of the stream', async () => {
    behaviour.watch = async function* () {
      yield { seq: 1, text: 'one' };
    };
    await (await ask('/v1/things/abc/events')).text();
    expect((await serverSpan()).attributes['enishi.operation']).toBe('watchThing');
  });

  it('leaves probes out', async () => {
    await ask('/livez');
    await ask('/readyz');
    await ask('/v1/failures/span');
    await serverSpan();
    expect(spans.getFinishedSpans().filter(({ kind }) => kind === SpanKind.SERVER)).toHaveLength(1);
  });

  it('leaves no token, holder, path value or input in spans', async () => {
    await ask('/v1/failures/canary-path?colour=canary-query');
    await serverSpan();
    const text = JSON.stringify(
      spans.getFinishedSpans().map(({ name, attributes, events, status }) => ({ name, attributes, events, status })),
    );
    expect(text).not.toMatch(/canary|eyJ/);
    expect(text).not.toContain(HOLDER);
  });

  it('is one log line with operation, status, code and the trace', async () => {
    door.logged.splice(0);
    await ask('/v1/failures/declared');
    await serverSpan();
    const lines = door.logged.map((line) => JSON.parse(line) as Record<string, unknown>).filter(({ operation }) => operation !== undefined);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ operation: 'failThing', status: 404, code: 'parser.thing_unknown', trace_id: TRACE, level: 'info' });
  });
});
