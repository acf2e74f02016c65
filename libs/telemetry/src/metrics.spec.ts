import { describe, expect, it } from '@jest/globals';
import { counter, exposition, gauge, histogram } from './metrics.js';
import { startTelemetry } from './start-telemetry.js';
import { currentTraceId, withSpan } from './with-span.js';

describe('the metrics', () => {
  it('are OpenMetrics, with the process in them', async () => {
    const text = await exposition();
    expect(text).toContain('enishi_nodejs_eventloop_lag_seconds');
    expect(text.endsWith('# EOF\n')).toBe(true);
  });

  it('count, and set, by label', async () => {
    const runs = counter({ name: 'enishi_test_runs', help: 'Runs', labels: ['outcome'] });
    runs.add({ outcome: 'finished' });
    runs.add({ outcome: 'finished' }, 2);
    const open = gauge({ name: 'enishi_test_open', help: 'Open', labels: ['kind'] });
    open.set({ kind: 'a' }, 5);
    open.add({ kind: 'a' }, -1);
    gauge({ name: 'enishi_test_read', help: 'Read at each scrape', read: () => 7 });
    const text = await exposition();
    expect(text).toContain('enishi_test_runs_total{outcome="finished"} 3');
    expect(text).toContain('enishi_test_open{kind="a"} 4');
    expect(text).toContain('enishi_test_read 7');
  });

  it('lead from a bucket to a trace', async () => {
    startTelemetry({ serviceName: 'parser' });
    const times = histogram({ name: 'enishi_test_seconds', help: 'Times', labels: ['operation'], buckets: [0.1, 1] });
    let traceId: string | undefined;
    await withSpan('work', {}, () => {
      traceId = currentTraceId();
      times.observe({ operation: 'slow' }, 0.5);
    });
    times.observe({ operation: 'untraced' }, 0.5);
    const text = await exposition();
    expect(text).toMatch(
      new RegExp(`enishi_test_seconds_bucket\\{le="1",operation="slow"\\} 1 # \\{trace_id="${traceId}",span_id="[0-9a-f]{16}"\\} 0\\.5`),
    );
    expect(text).toMatch(/enishi_test_seconds_bucket\{le="1",operation="untraced"\} 1\n/);
  });
});
