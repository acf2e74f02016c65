import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

export interface CollectedSpan {
  service: string;
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  /** OTLP numbers: 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  kind: number;
  attributes: Record<string, unknown>;
  startUnixNano: bigint;
  endUnixNano: bigint;
  /** 0 unset, 1 ok, 2 error. */
  status: number;
}

export interface CollectedLog {
  service: string;
  /** `msg` of the line. */
  body: unknown;
  /** OTLP numbers: 5 debug, 9 info, 13 warn, 17 error. */
  severity: number;
  severityText: string;
  /** Empty outside of a span. */
  traceId: string;
  spanId: string;
  timeUnixNano: bigint;
  attributes: Record<string, unknown>;
  /** Of the process. */
  resource: Record<string, unknown>;
}

interface OtlpValue {
  stringValue?: string;
  intValue?: string | number;
  doubleValue?: number;
  boolValue?: boolean;
  kvlistValue?: { values?: OtlpAttribute[] };
  arrayValue?: { values?: OtlpValue[] };
}
interface OtlpAttribute {
  key: string;
  value: OtlpValue;
}
interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind?: number;
  startTimeUnixNano?: string;
  endTimeUnixNano?: string;
  attributes?: OtlpAttribute[];
  status?: { code?: number };
}
interface OtlpLog {
  timeUnixNano?: string;
  severityNumber?: number;
  severityText?: string;
  body?: OtlpValue;
  attributes?: OtlpAttribute[];
  traceId?: string;
  spanId?: string;
}
interface OtlpExport {
  resourceSpans?: { resource?: { attributes?: OtlpAttribute[] }; scopeSpans?: { spans?: OtlpSpan[] }[] }[];
  resourceLogs?: { resource?: { attributes?: OtlpAttribute[] }; scopeLogs?: { logRecords?: OtlpLog[] }[] }[];
}

/** Receives the spans and log lines that services export by OTLP/HTTP JSON; give `endpoint` as OTEL_EXPORTER_OTLP_ENDPOINT. */
export class TelemetryCollector {
  readonly #spans: CollectedSpan[] = [];
  readonly #logs: CollectedLog[] = [];
  /** Every body as it came, for tests that look for what must not be in any of them. */
  readonly #raw: string[] = [];

  private constructor(private readonly server: Server) {}

  static async start(): Promise<TelemetryCollector> {
    const server = createServer();
    const collector = new TelemetryCollector(server);
    server.on('request', (request, response) => {
      collector.#take(request).then(
        () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'),
        () => response.writeHead(400).end(),
      );
    });
    await new Promise<void>((done, fail) => {
      server.once('error', fail);
      server.listen(0, '127.0.0.1', done);
    });
    return collector;
  }

  /** `http://127.0.0.1:<port>`; exporters append `/v1/traces` and `/v1/logs`. */
  get endpoint(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  spans(): CollectedSpan[] {
    return [...this.#spans];
  }

  logs(): CollectedLog[] {
    return [...this.#logs];
  }

  /** All that came, as text. */
  raw(): string {
    return this.#raw.join('\n');
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((done) => this.server.close(() => done()));
  }

  async #take(request: IncomingMessage): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const text = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString('utf8');
    const exported = JSON.parse(text) as OtlpExport;
    this.#raw.push(text);
    for (const { resource, scopeSpans } of exported.resourceSpans ?? []) {
      const service = nameOf(attributesOf(resource?.attributes));
      for (const span of (scopeSpans ?? []).flatMap(({ spans }) => spans ?? [])) this.#spans.push(collected(service, span));
    }
    for (const { resource, scopeLogs } of exported.resourceLogs ?? []) {
      const about = attributesOf(resource?.attributes);
      for (const log of (scopeLogs ?? []).flatMap(({ logRecords }) => logRecords ?? [])) this.#logs.push(collectedLog(about, log));
    }
  }
}

function collected(service: string, span: OtlpSpan): CollectedSpan {
  return {
    service,
    name: span.name,
    traceId: span.traceId,
    spanId: span.spanId,
    ...(span.parentSpanId ? { parentSpanId: span.parentSpanId } : {}),
    kind: span.kind ?? 0,
    attributes: attributesOf(span.attributes),
    startUnixNano: BigInt(span.startTimeUnixNano ?? 0),
    endUnixNano: BigInt(span.endTimeUnixNano ?? 0),
    status: span.status?.code ?? 0,
  };
}

function collectedLog(resource: Record<string, unknown>, log: OtlpLog): CollectedLog {
  return {
    service: nameOf(resource),
    body: valueOf(log.body ?? {}),
    severity: log.severityNumber ?? 0,
    severityText: log.severityText ?? '',
    traceId: log.traceId ?? '',
    spanId: log.spanId ?? '',
    timeUnixNano: BigInt(log.timeUnixNano ?? 0),
    attributes: attributesOf(log.attributes),
    resource,
  };
}

function nameOf({ 'service.name': name }: Record<string, unknown>): string {
  return typeof name === 'string' ? name : '';
}

function attributesOf(list: OtlpAttribute[] = []): Record<string, unknown> {
  return Object.fromEntries(list.map(({ key, value }) => [key, valueOf(value)]));
}

function valueOf(value: OtlpValue): unknown {
  if (value.kvlistValue !== undefined) return attributesOf(value.kvlistValue.values);
  if (value.arrayValue !== undefined) return (value.arrayValue.values ?? []).map(valueOf);
  if (value.intValue !== undefined) return Number(value.intValue);
  return value.stringValue ?? value.boolValue ?? value.doubleValue ?? null;
}
