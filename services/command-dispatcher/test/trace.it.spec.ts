/** One run is one trace, also for what nobody was waiting for when it happened. */
import { flushTelemetry, startTelemetry } from '@enishi/telemetry';
import { TelemetryCollector, waitFor } from '@enishi/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Stage } from './stage.js';

const PARTS = [
  '/v1/connections/{connectionId}/runs',
  'drive run',
  'order.deliver',
  'process parser.page.read.v1',
  'request parser.run.commit.v1',
  'publish command-dispatcher.run.ended.v1',
];

let stage: Stage;
let collector: TelemetryCollector;
beforeAll(async () => {
  collector = await TelemetryCollector.start();
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
    const tracesOfRun = () =>
      new Set(
        collector
          .spans()
          .filter(({ attributes }) => attributes['enishi.run_id'] === runId)
          .map(({ traceId }) => traceId),
      );
    const missing = () => {
      const traces = tracesOfRun();
      const names = collector
        .spans()
        .filter(({ traceId }) => traces.has(traceId))
        .map(({ name }) => name);
      return PARTS.filter((part) => !names.some((name) => name.includes(part)));
    };
    // The end is published, and spans are sent, after the run is seen to have ended.
    await waitFor(
      async () => {
        await flushTelemetry();
        const parts = missing();
        if (parts.length > 0) throw new Error(`no span of ${parts.join(', ')}`);
        return true;
      },
      { what: 'a span of each part' },
    );
    expect(tracesOfRun().size).toBe(1);
  }, 30_000);
});
