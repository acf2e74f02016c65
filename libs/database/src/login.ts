/** How this lib comes to a database: the one place that turns a URL and a password's file into what the driver takes. */
import { followedText, type Secret } from '@enishi/config';
import type pg from 'pg';
import { parseIntoClientConfig } from 'pg-connection-string';

export interface DatabaseLogin {
  /** `postgresql://role[:password]@host:port/database`, with `?sslmode=verify-full&sslrootcert=<path>` for TLS to that CA's servers. */
  url: string;
  /** Asked at each new connection, so that a changed password is taken up without a restart. Instead of one in the URL. */
  password?: Secret | undefined;
}

/** Bundles of a cloud's CAs have some hundred KiB. */
const MAX_CA_BYTES = 1_048_576;

/**
 * For `pg.Client`, and for a pool, which makes a client of it each time. Not as `connectionString`: what stands in one
 * wins over all else in the driver, even the password that it does not hold. The CA is read at each connection too.
 */
export function driverConfig({ url, password }: DatabaseLogin): pg.ClientConfig {
  const { sslrootcert, ...config } = parseIntoClientConfig(url) as pg.ClientConfig & { sslrootcert?: string };
  if (sslrootcert !== undefined && typeof config.ssl === 'object')
    Object.defineProperty(config.ssl, 'ca', { enumerable: true, get: followedText(sslrootcert, { maxBytes: MAX_CA_BYTES }) });
  return password === undefined ? config : { ...config, password: () => password.reveal() };
}
