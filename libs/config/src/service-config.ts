/** The settings that every service has. A service's `config.ts` adds its own: `serviceConfig({ RUN_LEASE_MS: … })`. */
import { DEVELOPMENT_ISSUER } from '@enishi/contracts';
import { z } from 'zod';
import { complaintOf, durationSeconds, filePath, host, oneOf, port, secretFile, url } from './fields.js';

export const serviceFields = {
  HTTP_HOST: host().default('127.0.0.1').describe('Address that the HTTP door listens on'),
  HTTP_PORT: port().describe('Port of the HTTP door; 0: any free one'),
  HTTP_TLS_CERT_FILE: filePath()
    .optional()
    .describe('PEM certificate chain of the HTTP door; with it goes HTTP_TLS_KEY_FILE. Read again when it changes'),
  HTTP_TLS_KEY_FILE: filePath().optional().describe('PEM private key of the HTTP door'),
  NATS_URL: url({ schemes: ['nats', 'tls'] }).describe('Server of the message bus'),
  NATS_NKEY_FILE: secretFile().describe("File with the service's NKey seed. Read again at each connection"),
  NATS_CA_FILE: filePath()
    .optional()
    .describe('PEM of the CA that the bus must chain to; absent: no TLS on nats://. Read again at each connection'),
  DATABASE_URL: url({ schemes: ['postgresql', 'postgres'], secret: true }).describe(
    "Postgres, with the service's own role. `?sslmode=verify-full&sslrootcert=<path of a PEM>` demands TLS and that CA",
  ),
  DATABASE_PASSWORD_FILE: secretFile()
    .optional()
    .describe("File with the role's password, instead of one in DATABASE_URL. Read again at each connection"),
  INTERNAL_JWKS_FILE: filePath().describe('Keys that may sign internal tokens (JWK set). Read again when it changes'),
  INTERNAL_ISSUER: url({ schemes: ['https'] }).describe(
    `Only issuer of internal tokens that is trusted; ${DEVELOPMENT_ISSUER} in development`,
  ),
  INTERNAL_TOKEN_MAX_SECONDS: durationSeconds({ max: 3_600 }).default(60).describe('Longest life of an internal token that is accepted'),
  LOG_LEVEL: oneOf(['debug', 'info', 'warn', 'error']).default('info').describe('Least level that is logged'),
};

/** Parameters of a Postgres URL that name a file; the driver reads them when a pool is made. */
const FILES_IN_URL = ['sslrootcert', 'sslcert', 'sslkey'] as const;

/**
 * The rules of a database's login, for `superRefine`. The files that the URL names can be read. The password stands in the
 * URL or in a file, never in both, for nobody would know which counts.
 */
export function databaseLogin(urlKey: string, fileKey: string) {
  return (config: object, ctx: z.core.$RefinementCtx): void => {
    const { [urlKey]: url, [fileKey]: file } = config as Record<string, unknown>;
    if (typeof url !== 'string' || !URL.canParse(url)) return;
    const { password, searchParams } = new URL(url);
    for (const parameter of FILES_IN_URL) {
      const path = searchParams.get(parameter);
      const message = path === null ? undefined : complaintOf(path, 'file', `an ${parameter} file`);
      if (message !== undefined) ctx.addIssue({ code: 'custom', path: [urlKey], message });
    }
    if (file === undefined) return;
    if (password !== '' || searchParams.has('password'))
      ctx.addIssue({ code: 'custom', path: [fileKey], message: `is set, and ${urlKey} holds a password too: leave one of them out` });
  };
}

/** Schema of a service's whole configuration: `serviceFields`, its own fields, and the rules between them. */
export function serviceConfig<F extends z.core.$ZodShape>(own: F) {
  return z.object({ ...serviceFields, ...own }).superRefine(
    (config, ctx) => {
      const { HTTP_TLS_CERT_FILE: cert, HTTP_TLS_KEY_FILE: key } = config as { HTTP_TLS_CERT_FILE?: string; HTTP_TLS_KEY_FILE?: string };
      if ((cert === undefined) !== (key === undefined))
        ctx.addIssue({
          code: 'custom',
          path: [cert === undefined ? 'HTTP_TLS_CERT_FILE' : 'HTTP_TLS_KEY_FILE'],
          message: 'must be set when the other of the pair is',
        });
      databaseLogin('DATABASE_URL', 'DATABASE_PASSWORD_FILE')(config, ctx);
    },
    // Also when another field is wrong: all problems are told at once.
    { when: () => true },
  );
}
