import type { RouteContract, ServiceName } from '@enishi/contracts';

/** OpenAPI 3.1 document of a service. */
export function openApiOf(_service: ServiceName, _routes: readonly RouteContract[]): Record<string, unknown> {
  throw new Error('to be written');
}
