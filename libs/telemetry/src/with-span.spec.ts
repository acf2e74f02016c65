import { setTimeout as delay } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor } from '@opentelemetry/sdk-trace';
import fc from 'fast-check';
import { startTelemetry } from './start-telemetry.js';
import { currentTraceId, currentTraceparent, openSpan, withSpan } from './with-span.js';

const spans = new InMemorySpanExporter();
startTelemetry({ serviceName: 'parser', spanProcessors: [new SimpleSpanProcessor({ exporter: spans })] });
beforeEach(() => spans.reset());

const finished = (name: string) => spans.getFinishedSpans().find((span) => span.name === name) as ReadableSpan;
const REMOTE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('a span', () => {
  it('is active in all that its function waits for, and is the parent of what is opened there', async () => {
    await withSpan('outer', {}, async () => {
      await delay(1);
      await Promise.all([withSpan('one', {}, () => delay(2)), withSpan('two', {}, () => delay(1))]);
      await new Promise<void>((resolve) => setTimeout(() => void withSpan('late', {}, () => resolve()), 1));
    });
    const outer = finished('outer').spanContext();
    for (const name of ['one', 'two', 'late']) {
      expect(finished(name).parentSpanContext?.spanId).toBe(outer.spanId);
      expect(finished(name).spanContext().traceId).toBe(outer.traceId);
    }
    expect(currentTraceparent()).toBeUndefined();
  });

  it('goes on with the trace that a traceparent names', async () => {
    await withSpan('remote', { kind: 'consumer', parent: REMOTE }, () => {
      expect(currentTraceId()).toBe('0af7651916cd43dd8448eb211c80319c');
      expect(currentTraceparent()).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/);
    });
    expect(finished('remote')).toMatchObject({
      kind: SpanKind.CONSUMER,
      parentSpanContext: { spanId: 'b7ad6b7169203331', isRemote: true },
    });
  });

  it('makes one trace of two processes: what one sends along, the other goes on with', async () => {
    let sent: string | undefined;
    await withSpan('dispatcher', { kind: 'producer' }, () => {
      sent = currentTraceparent();
    });
    await withSpan('relay', { kind: 'consumer', parent: sent }, () => undefined);
    expect(finished('relay').spanContext().traceId).toBe(finished('dispatcher').spanContext().traceId);
    expect(finished('relay').parentSpanContext?.spanId).toBe(finished('dispatcher').spanContext().spanId);
  });

  it('is not recorded when the trace that it goes on with is not', async () => {
    await withSpan('unsampled', { parent: REMOTE.replace(/01$/, '00') }, () => undefined);
    expect(spans.getFinishedSpans()).toEqual([]);
  });

  it('begins a trace of its own when the traceparent cannot be read', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.string(), fc.constantFrom('', `${REMOTE}0`, REMOTE.replace('0af', 'xyz'), `00-${'0'.repeat(32)}-b7ad6b7169203331-01`)),
        async (parent) => {
          spans.reset();
          await withSpan('own', { parent }, () => undefined);
          expect(finished('own').parentSpanContext).toBeUndefined();
        },
      ),
    );
  });

  it('gives what its function gives, and throws what it throws', async () => {
    await expect(withSpan('value', {}, () => 5)).resolves.toBe(5);
    const thrown = new Error('x');
    await expect(withSpan('thrown', {}, () => Promise.reject(thrown))).rejects.toBe(thrown);
    await expect(
      withSpan('thrown at once', {}, () => {
        throw thrown;
      }),
    ).rejects.toBe(thrown);
    expect(finished('thrown at once').status.code).toBe(SpanStatusCode.ERROR);
  });

  it('records the code of an error and never its message', async () => {
    const fault = Object.assign(new Error('canary: dsn'), { code: 'platform.broken', kind: 'broken' });
    await withSpan('fault', {}, () => Promise.reject(fault)).catch(() => undefined);
    expect(finished('fault')).toMatchObject({
      status: { code: SpanStatusCode.ERROR },
      attributes: { 'error.type': 'platform.broken' },
      events: [],
    });
    expect(JSON.stringify([finished('fault').attributes, finished('fault').status, finished('fault').events])).not.toContain('canary');
  });

  it('is not failed by a refusal: that is an answer', async () => {
    const refusal = Object.assign(new Error('no'), { code: 'parser.account_unknown', kind: 'missing' });
    await withSpan('refusal', {}, () => Promise.reject(refusal)).catch(() => undefined);
    expect(finished('refusal')).toMatchObject({
      status: { code: SpanStatusCode.UNSET },
      attributes: { 'error.type': 'parser.account_unknown' },
    });
  });

  it('can be open across callbacks', () => {
    const open = openSpan('open', { kind: 'server', attributes: { 'enishi.operation': 'x' } });
    open.run(() => expect(currentTraceparent()).toContain(open.span.spanContext().spanId));
    expect(currentTraceparent()).toBeUndefined();
    open.end(new RangeError('canary'));
    expect(finished('open')).toMatchObject({ kind: SpanKind.SERVER, attributes: { 'error.type': 'RangeError' } });
  });

  it('carries the name of the service', () => {
    openSpan('named').end();
    expect(finished('named').resource.attributes).toMatchObject({ 'service.name': 'parser' });
  });
});
