import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { sampleOf } from './metrics.js';

/** As a service answers at /metrics (OpenMetrics, with exemplars). */
const EXPOSITION = `# HELP enishi_terminals_attached Terminals attached to this replica.
# TYPE enishi_terminals_attached gauge
enishi_terminals_attached 2
# HELP enishi_request_seconds Time of requests on the bus.
# TYPE enishi_request_seconds histogram
enishi_request_seconds_bucket{le="0.005",subject="parser.result.accept.v1",side="server"} 3 # {trace_id="5b8efff798038103d269b633813fc60c"} 0.0021 1736771173.502
enishi_request_seconds_bucket{le="+Inf",subject="parser.result.accept.v1",side="server"} 4 # {trace_id="97fb4e5b13400b5689e3306da7cff077"} 0.031 1736771174.1
enishi_request_seconds_sum{subject="parser.result.accept.v1",side="server"} 0.0375
enishi_request_seconds_count{subject="parser.result.accept.v1",side="server"} 4
enishi_request_seconds_count{subject="parser.result.accept.v1",side="client"} 7
http_requests_total{route="GET /v1/runs/{id}",status="200"} 5
http_requests_total{route="says \\"} 9\\" often",status="200"} 6 1736771173502
process_cpu_seconds_total 1.5e-3
# EOF
`;

describe('a sample of /metrics', () => {
  it('is found by the beginning of its line, with or without labels', () => {
    expect(sampleOf(EXPOSITION, 'enishi_terminals_attached')).toBe(2);
    expect(sampleOf(EXPOSITION, 'enishi_request_seconds_sum{')).toBe(0.0375);
    expect(sampleOf(EXPOSITION, 'process_cpu_seconds_total')).toBe(0.0015);
  });

  it('is read beside its exemplar and its timestamp, which are no part of it', () => {
    expect(sampleOf(EXPOSITION, 'enishi_request_seconds_bucket{le="0.005"')).toBe(3);
    expect(sampleOf(EXPOSITION, 'http_requests_total{route="says')).toBe(6);
  });

  it('is read whatever stands in its labels: spaces, braces, quotes', () => {
    expect(sampleOf(EXPOSITION, 'http_requests_total{route="GET /v1/runs/{id}"')).toBe(5);
    const line = (label: string) => label.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat(), (label, value) => {
        expect(sampleOf(`x_total{a="${line(label)}",b="1"} ${value} # {trace_id="${'0'.repeat(32)}"} 1\n`, 'x_total')).toBe(value);
      }),
    );
  });

  it('is the sum where several lines begin so, and 0 where none does: a comment is no sample', () => {
    expect(sampleOf(EXPOSITION, 'enishi_request_seconds_count')).toBe(11);
    expect(sampleOf(EXPOSITION, 'enishi_absent_total')).toBe(0);
    expect(sampleOf(EXPOSITION, '# HELP')).toBe(0);
    expect(sampleOf('', 'x')).toBe(0);
  });
});
