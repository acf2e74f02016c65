/** What tracing reads from the environment: the standard names of OpenTelemetry, so that any operator knows them. */

export interface TelemetryEnvironment {
  /** `service.name`; the names of SERVICES, `terminal-agent`, or a name of an example. */
  readonly serviceName: string;
  /** Base URL of an OTLP/HTTP collector, without `/v1/traces`. Absent: spans are made, carried on, and not exported. */
  readonly otlpEndpoint: string | undefined;
}

export function telemetryEnvironment(env: NodeJS.ProcessEnv = process.env): TelemetryEnvironment {
  const endpoint = env['OTEL_EXPORTER_OTLP_ENDPOINT'];
  return {
    serviceName: env['OTEL_SERVICE_NAME'] || 'enishi',
    // A typing error here must not keep a service from starting: without a collector it still works.
    otlpEndpoint: endpoint !== undefined && URL.canParse(endpoint) ? endpoint : undefined,
  };
}
