/** The services of the platform. The same names stand in services/, Postgres schemas and OTel `service.name`. */
export const SERVICES = ['command-dispatcher', 'terminal-relay', 'parser'] as const;
export type ServiceName = (typeof SERVICES)[number];

/** Postgres schema and role of a service: its name with `_` for `-` (docs/architecture.md, "Parts"). */
export function schemaOf(service: ServiceName): string {
  return service.replaceAll('-', '_');
}
