export interface BootstrapOptions {
  /** A superuser, or the owner of the database with CREATEROLE. The database in it is the one that is prepared. */
  adminUrl: string;
  /** `name` is the service's name; role and schema are `schemaOf(name)`. */
  services: { name: string; password: string }[];
}
/** Roles and schemas, again and again with the same result: each role owns its schema and may touch nothing else. */
export async function bootstrap(options: BootstrapOptions): Promise<void> {
  throw new Error(`not built yet ${options.services.length}`);
}

/** The URL of a service's role in the database of `adminUrl`. */
export function serviceUrl(adminUrl: string, service: { name: string; password: string }): string {
  const url = new URL(adminUrl);
  url.username = service.name.replaceAll('-', '_');
  url.password = encodeURIComponent(service.password);
  return url.href;
}
