import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { logsIn, spansIn } from './collector-output.js';

const TRACE = '97fb4e5b13400b5689e3306da7cff077';

/** As the debug exporter writes (verbosity: detailed, otelcol 0.155). */
const WRITTEN = `2026-03-06T11:49:00.456Z\tinfo\tTraces\t{"resource spans": 2, "spans": 3}
2026-03-06T11:49:00.456Z\tinfo\tResourceSpans #0
Resource SchemaURL: 
Resource attributes:
     -> service.name: Str(command-dispatcher)
     -> service.namespace: Str(enishi)
ScopeSpans #0
ScopeSpans SchemaURL: 
InstrumentationScope enishi 0.1.0
InstrumentationScope attributes:
     -> service.name: Str(the scope is no service)
Span #0
    Trace ID       : ${TRACE}
    Parent ID      : 
    ID             : 413358465e5b4f15
    Name           : POST /v1/runs
    Kind           : Server
    Start time     : 2026-03-06 11:49:00.431915 +0000 UTC
    End time       : 2026-03-06 11:49:00.441915 +0000 UTC
    Status code    : Error
    Status message : Name : none of this
Attributes:
     -> http.response.status_code: Int(503)
     -> url.path: Str(/v1/runs (all: of them))
     -> retried: Bool(true)
     -> peers: Slice(["a","b"])
Events:
SpanEvent #0
     -> Name: exception
     -> Timestamp: 2026-03-06 11:49:00.44 +0000 UTC
     -> DroppedAttributesCount: 0
     -> Attributes::
          -> exception.message: Str(away)
          -> url.path: Str(of the event)
Links:
SpanLink #0
     -> Trace ID: 00000000000000000000000000000001
     -> ID: 0000000000000001
     -> TraceState: 
     -> DroppedAttributesCount: 0
Span #1
    Trace ID       : ${TRACE}
    Parent ID      : 413358465e5b4f15
    ID             : 0a1b2c3d4e5f6071
    Name           : parser.result.accept.v1
    Kind           : Client
    Status code    : Unset
    Status message : 
ResourceSpans #1
Resource SchemaURL: 
Resource attributes:
     -> service.name: Str(parser)
ScopeSpans #0
ScopeSpans SchemaURL: 
InstrumentationScope enishi 0.1.0
Span #0
    Trace ID       : ${TRACE}
    Parent ID      : 0a1b2c3d4e5f6071
    ID             : 1112131415161718
    Name           : parser.result.accept.v1
    Kind           : Consumer
    Status code    : Unset
    Status message : 
Attributes:
     -> messaging.system: Str(nats)

2026-03-06T11:49:01.002Z\tinfo\tLogs\t{"resource logs": 1, "log records": 2}
2026-03-06T11:49:01.002Z\tinfo\tResourceLog #0
Resource SchemaURL: 
Resource attributes:
     -> service.name: Str(terminal-relay)
ScopeLogs #0
ScopeLogs SchemaURL: 
InstrumentationScope enishi 
LogRecord #0
ObservedTimestamp: 2026-03-06 11:49:00.99 +0000 UTC
Timestamp: 2026-03-06 11:49:00.99 +0000 UTC
SeverityText: info
SeverityNumber: Info(9)
Body: Str(a run ended)
Attributes:
     -> outcome: Str(succeeded)
     -> err: Map({"code":"platform.busy","stack":"Error: busy\\n    at f (a.js:1:2)"})
Trace ID: ${TRACE}
Span ID: 413358465e5b4f15
Flags: 1
LogRecord #1
ObservedTimestamp: 2026-03-06 11:49:00.99 +0000 UTC
Timestamp: 2026-03-06 11:49:00.99 +0000 UTC
SeverityText: warn
SeverityNumber: Warn(13)
Body: Str(the bus is away)
Trace ID: 
Span ID: 
Flags: 0
`;

describe("the collector's output", () => {
  it('tells each span with the service of its resource, its parent and its own attributes: none of a scope, an event or a link', () => {
    expect(spansIn(WRITTEN)).toEqual([
      {
        service: 'command-dispatcher',
        name: 'POST /v1/runs',
        traceId: TRACE,
        spanId: '413358465e5b4f15',
        kind: 2,
        attributes: {
          'http.response.status_code': '503',
          'url.path': '/v1/runs (all: of them)',
          retried: 'true',
          peers: '["a","b"]',
        },
      },
      {
        service: 'command-dispatcher',
        name: 'parser.result.accept.v1',
        traceId: TRACE,
        spanId: '0a1b2c3d4e5f6071',
        parentSpanId: '413358465e5b4f15',
        kind: 3,
        attributes: {},
      },
      {
        service: 'parser',
        name: 'parser.result.accept.v1',
        traceId: TRACE,
        spanId: '1112131415161718',
        parentSpanId: '0a1b2c3d4e5f6071',
        kind: 5,
        attributes: { 'messaging.system': 'nats' },
      },
    ]);
  });

  it('tells each log line with its trace, also when there is none', () => {
    expect(logsIn(WRITTEN)).toEqual([
      {
        service: 'terminal-relay',
        body: 'a run ended',
        traceId: TRACE,
        attributes: { outcome: 'succeeded', err: '{"code":"platform.busy","stack":"Error: busy\\n    at f (a.js:1:2)"}' },
      },
      { service: 'terminal-relay', body: 'the bus is away', traceId: '', attributes: {} },
    ]);
  });

  it('that begins in the middle of a record tells the whole ones after it', () => {
    const cut = WRITTEN.slice(WRITTEN.indexOf('    Kind           : Server'));
    expect(spansIn(cut).map(({ spanId }) => spanId)).toEqual(['0a1b2c3d4e5f6071', '1112131415161718']);
    expect(spansIn('')).toEqual([]);
  });

  const oneLine = fc.string({ unit: 'binary', maxLength: 40 }).map((text) => text.replaceAll('\n', ' '));
  const hex = (length: number) =>
    fc.array(fc.constantFrom(...'0123456789abcdef'), { minLength: length, maxLength: length }).map((digits) => digits.join(''));
  const attributes = fc.dictionary(fc.stringMatching(/^[a-z][a-z0-9_.:-]{0,20}$/), oneLine, { maxKeys: 5, noNullPrototype: true });
  const span = fc.record({
    name: oneLine,
    traceId: hex(32),
    spanId: hex(16),
    parentSpanId: fc.option(hex(16), { nil: '' }),
    kind: fc.nat(5),
    attributes,
  });
  const log = fc.record({ body: oneLine, traceId: fc.option(hex(32), { nil: '' }), attributes });
  /** Records under their services, in the order of the text. */
  const of = <T>(record: fc.Arbitrary<T>) =>
    fc.array(fc.record({ service: oneLine, records: fc.array(record, { maxLength: 3 }) }), { maxLength: 3 });

  it('gives back every span that was written, whatever its values are', () => {
    fc.assert(
      fc.property(of(span), (resources) => {
        const text = written('Spans', resources, (one, index) => [
          `Span #${index}`,
          field('Trace ID', one.traceId),
          field('Parent ID', one.parentSpanId),
          field('ID', one.spanId),
          field('Name', one.name),
          field('Kind', ['Unspecified', 'Internal', 'Server', 'Client', 'Producer', 'Consumer'][one.kind] ?? ''),
          field('Status code', 'Unset'),
          field('Status message', ''),
          ...attributeLines('Attributes', one.attributes),
        ]);
        const expected = resources.flatMap(({ service, records }) =>
          records.map(({ parentSpanId, ...one }) => ({ service, ...one, ...(parentSpanId ? { parentSpanId } : {}) })),
        );
        expect(spansIn(text)).toEqual(expected);
        expect(logsIn(text)).toEqual([]);
      }),
    );
  });

  it('gives back every log line that was written, whatever its values are', () => {
    fc.assert(
      fc.property(of(log), (resources) => {
        const text = written('Log', resources, (one, index) => [
          `LogRecord #${index}`,
          'SeverityText: info',
          `Body: Str(${one.body})`,
          ...attributeLines('Attributes', one.attributes),
          `Trace ID: ${one.traceId}`,
          'Span ID: ',
        ]);
        expect(logsIn(text)).toEqual(resources.flatMap(({ service, records }) => records.map((one) => ({ service, ...one }))));
        expect(spansIn(text)).toEqual([]);
      }),
    );
  });
});

function written<T>(
  kind: 'Spans' | 'Log',
  resources: readonly { service: string; records: readonly T[] }[],
  linesOf: (record: T, index: number) => string[],
): string {
  return resources
    .flatMap(({ service, records }, index) => [
      `${index === 0 ? '2026-03-06T11:49:00.456Z\tinfo\t' : ''}Resource${kind} #${index}`,
      'Resource SchemaURL: ',
      ...attributeLines('Resource attributes', { 'service.name': service }),
      `${kind === 'Spans' ? 'ScopeSpans' : 'ScopeLogs'} #0`,
      'InstrumentationScope enishi 0.1.0',
      ...attributeLines('InstrumentationScope attributes', { 'service.name': 'scope' }),
      ...records.flatMap(linesOf),
      '',
    ])
    .join('\n');
}

function field(name: string, value: string): string {
  return `    ${name.padEnd(15)}: ${value}`;
}

function attributeLines(header: string, attributes: Readonly<Record<string, string>>): string[] {
  const lines = Object.entries(attributes).map(([key, value]) => `     -> ${key}: Str(${value})`);
  return lines.length > 0 ? [`${header}:`, ...lines] : [];
}
