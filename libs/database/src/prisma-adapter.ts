import { PrismaPg } from '@prisma/adapter-pg';
import { type DatabaseLogin, driverConfig } from './login.js';

/** `url` and `password` are of the service's own role. */
export interface PrismaAdapterOptions extends DatabaseLogin {
  /** `schemaOf(service)`. */
  schema: string;
  /** Connections of this process. Default 10. */
  maxConnections?: number;
}

/**
 * The driver adapter for a generated client: `new PrismaClient({ adapter: prismaAdapter(…) })`.
 * The session is in UTC: adapter-pg 7.10 puts `+00:00` behind whatever the server says without converting.
 */
export function prismaAdapter(options: PrismaAdapterOptions): PrismaPg {
  return new PrismaPg(
    {
      ...driverConfig(options),
      max: options.maxConnections ?? 10,
      connectionTimeoutMillis: 5_000,
      options: `-c search_path=${options.schema} -c TimeZone=UTC`,
    },
    { schema: options.schema },
  );
}
