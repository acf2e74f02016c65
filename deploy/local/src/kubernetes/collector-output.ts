/** Reads what the OpenTelemetry collector's debug exporter (verbosity: detailed) writes: the one output that needs no backend. */

export interface WrittenSpan {
  readonly service: string;
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  /** OTLP numbers: 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  readonly kind: number;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface WrittenLog {
  readonly service: string;
  readonly body: string;
  readonly traceId: string;
  readonly attributes: Readonly<Record<string, string>>;
}

const KINDS = ['Unspecified', 'Internal', 'Server', 'Client', 'Producer', 'Consumer'];

export function spansIn(text: string): WrittenSpan[] {
  return recordsIn(text, /^Span #\d+$/).map(({ service, fields, attributes }) => {
    const parentSpanId = fields['Parent ID'];
    return {
      service,
      name: fields['Name'] ?? '',
      traceId: fields['Trace ID'] ?? '',
      spanId: fields['ID'] ?? '',
      ...(parentSpanId ? { parentSpanId } : {}),
      kind: Math.max(0, KINDS.indexOf(fields['Kind'] ?? '')),
      attributes,
    };
  });
}

export function logsIn(text: string): WrittenLog[] {
  return recordsIn(text, /^LogRecord #\d+$/).map(({ service, fields, attributes }) => ({
    service,
    body: plain(fields['Body'] ?? ''),
    traceId: fields['Trace ID'] ?? '',
    attributes,
  }));
}

interface WrittenRecord {
  readonly service: string;
  readonly fields: Record<string, string>;
  readonly attributes: Record<string, string>;
}

/**
 * Each record is a heading, `Name : value` lines, and `-> key: Type(value)` lines; its service is in the resource above it.
 * Under a heading of another kind (scope, event, link, data point) stands nothing that is the record's.
 */
function recordsIn(text: string, heading: RegExp): WrittenRecord[] {
  const records: WrittenRecord[] = [];
  let resource: Record<string, string> = {};
  let attributes: Record<string, string> = resource;
  let fields: Record<string, string> = {};
  // What stands at a line's end is a part of the value.
  for (const line of text.split('\n').map((raw) => raw.trimStart())) {
    if (/(?:^|\t)Resource[A-Z][a-z]+ #\d+$/.test(line)) {
      resource = {};
      attributes = resource;
      fields = {};
    } else if (heading.test(line)) {
      fields = {};
      attributes = {};
      records.push({ service: resource['service.name'] ?? '', fields, attributes });
    } else if (/^[A-Z][A-Za-z]+ #\d+$/.test(line)) {
      fields = {};
      attributes = {};
    } else {
      const attribute = /^-> (.*?): (.*)$/s.exec(line);
      if (attribute) attributes[attribute[1] ?? ''] = plain(attribute[2] ?? '');
      const field = /^([A-Z][A-Za-z ]*?)\s*: ?(.*)$/s.exec(line);
      if (field) fields[field[1] ?? ''] ??= field[2] ?? '';
    }
  }
  return records;
}

/** `Str(text)` → `text`. */
function plain(value: string): string {
  return /^[A-Z]\w+\((.*)\)$/s.exec(value)?.[1] ?? value;
}
