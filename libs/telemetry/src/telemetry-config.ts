/** What tracing reads from the environment: the standard names of OpenTelemetry, so that any operator knows them. */

export interface TelemetryEnvironment {
  /** `service.name`; the names of SERVICES, `terminal-agent`, or a name of an example. */
  readonly serviceName: string;
  /** Base URL of an OTLP/HTTP collector, without `/v1/…`. Absent: spans are made, carried on, and not exported, nor are logs. */
  readonly otlpEndpoint: string | undefined;
  /** OTEL_RESOURCE_ATTRIBUTES: what else is true of this process, e.g. `k8s.pod.name`. */
  readonly resourceAttributes: Readonly<Record<string, string>>;
}

export function telemetryEnvironment(env: NodeJS.ProcessEnv = process.env): TelemetryEnvironment {
  const endpoint = env['OTEL_EXPORTER_OTLP_ENDPOINT'];
  const resourceAttributes = attributesIn(env['OTEL_RESOURCE_ATTRIBUTES'] ?? '');
  return {
    serviceName: env['OTEL_SERVICE_NAME'] || resourceAttributes['service.name'] || 'enishi',
    // A typing error here must not keep a service from starting: without a collector it still works.
    otlpEndpoint: endpoint !== undefined && URL.canParse(endpoint) ? endpoint : undefined,
    resourceAttributes,
  };
}

/** `k=v,k=v`, values percent-encoded (OpenTelemetry, "Resource SDK"). With a mistake anywhere, none counts, as it says there. */
function attributesIn(text: string): Record<string, string> {
  try {
    const pairs = text.split(',').filter((pair) => pair.trim() !== '');
    return Object.fromEntries(
      pairs.map((pair) => {
        const [, key, value] = /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/.exec(pair) ?? [];
        if (key === undefined || value === undefined) throw new URIError('no pair');
        return [key, decodeURIComponent(value)];
      }),
    );
  } catch {
    return {};
  }
}
