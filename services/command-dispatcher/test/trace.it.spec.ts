/** One run is one trace, also for what nobody was waiting for when it happened. */
import { flushTelemetry, startTelemetry } from '@enishi/telemetry';
import { SpanCollector, waitFor } from '@enishi/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Stage } from './stage.js';

let stage: Stage;
let collector: SpanCollector;
beforeAll(async () => {
  collector = await SpanCollector.start();
  startTelemetry({ serviceName: 'command-dispatcher', otlpEndpoint: collector.endpoint });
  stage = await Stage.open();
  await stage.startDispatcher();
}, 60_000);
afterAll(async () => {
  await stage?.close();
  await flushTelemetry();
  await collector?.stop();
}, 60_000);

describe('a run', () => {
  it('is one trace from the POST to the end, across a wait for the terminal', async () => {
    const { holder, terminal, connectionId } = await stage.cast();
    await terminal.detach();
    const runId = await stage.startRun(holder, connectionId);
    await waitFor(async () => (await stage.call(holder, 'GET', `/v1/runs/${runId}`)).body.state === 'away');
    await terminal.attach();
    await stage.ended(holder, runId);
    await flushTelemetry();
    const spans = collector.spans();
    const steps = spans.filter(({ attributes }) => attributes['enishi.run_id'] === runId);
    const traces = new Set(steps.map(({ traceId }) => traceId));
    expect(traces.size).toBe(1);
    const together = spans.filter(({ traceId }) => traces.has(traceId)).map(({ name }) => name);
    for (const part of [
      '/v1/connections/{connectionId}/runs',
      'drive run',
      'order.deliver',
      'process parser.page.read.v1',
      'request parser.run.commit.v1',
      'publish command-dispatcher.run.ended.v1',
    ])
      expect(together.some((name) => name.includes(part))).toBe(true);
  }, 30_000);
});
