/** How a message looks on NATS: JSON in UTF-8, what it needs beside it in headers. */
import { AppError, fromWire, fromZod, platformError, toWire } from '@enishi/errors';
import { headers, type MsgHdrs } from '@nats-io/transport-node';
import type { z } from 'zod';
import { MAX_PAYLOAD_BYTES } from './limits.js';

export const HEADER = {
  /** W3C trace context. */
  traceparent: 'traceparent',
  /** On a reply: its body is an error, with this code. */
  error: 'Enishi-Error',
  /** The event's id; stays the same when it is published again. */
  eventId: 'Enishi-Event-Id',
  /** On a replayed event: the one service that shall handle it. */
  onlyFor: 'Enishi-Only-For',
  /** On a dead letter: why, and what the last handler said (public words only). */
  deadCode: 'Enishi-Dead-Code',
  deadMessage: 'Enishi-Dead-Message',
  deliveries: 'Enishi-Deliveries',
  /** On a dead letter: sequence of the event in its stream. */
  streamSequence: 'Enishi-Stream-Sequence',
} as const;

/** Subject's room and headers count too; what is left is the body's. */
const MAX_BODY_BYTES = MAX_PAYLOAD_BYTES - 16_384;
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** Bytes of a body. Throws platform.too_large above the limit of the bus. */
export function encodeBody(value: unknown, what: string): Uint8Array {
  const bytes = encoder.encode(JSON.stringify(value));
  if (bytes.length > MAX_BODY_BYTES) throw platformError('too_large', `${what}: larger than ${MAX_BODY_BYTES} bytes`, { place: what });
  return bytes;
}

/** The value of a body that fits `schema`. Throws platform.input_not_valid with the place. */
export function decodeBody<S extends z.ZodType>(data: Uint8Array, schema: S, where: string): z.infer<S> {
  let json: unknown;
  try {
    json = JSON.parse(decoder.decode(data));
  } catch (cause) {
    throw platformError('input_not_valid', `${where}: must be JSON in UTF-8`, { cause, place: where });
  }
  return parse(json, schema, where);
}

/** The value as `schema` gives it. Throws platform.input_not_valid with the place. */
export function parse<S extends z.ZodType>(value: unknown, schema: S, where: string): z.infer<S> {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw fromZod(parsed.error, where);
  return parsed.data;
}

/** Headers with those entries that have a value. */
export function headersOf(entries: Readonly<Record<string, string | null | undefined>>): MsgHdrs {
  const made = headers();
  for (const [name, value] of Object.entries(entries)) if (value) made.set(name, oneLine(value));
  return made;
}

/** A reply that says `error`. */
export function errorReply(error: AppError): { body: Uint8Array; headers: MsgHdrs } {
  return { body: encoder.encode(JSON.stringify(toWire(error))), headers: headersOf({ [HEADER.error]: error.code }) };
}

/** The error that a reply says; undefined when it says none. */
export function errorOfReply(reply: { data: Uint8Array; headers?: MsgHdrs | undefined }): AppError | undefined {
  if (!reply.headers?.has(HEADER.error)) return undefined;
  try {
    return fromWire(JSON.parse(decoder.decode(reply.data)));
  } catch {
    return fromWire(undefined);
  }
}

/** A header's value ends at a line's end: a message with one would forge the next header. */
function oneLine(value: string): string {
  return value.replace(/[\r\n]+/g, ' ').slice(0, 500);
}
