/** The settings that every service has. A service's `config.ts` adds its own: `serviceConfig({ RUN_LEASE_MS: … })`. */
import { DEVELOPMENT_ISSUER } from '@enishi/contracts';
import { z } from 'zod';
import { durationSeconds, filePath, host, oneOf, port, secretFile, url } from './fields.js';

export const serviceFields = {
  HTTP_HOST: host().default('127.0.0.1').describe('Address that the HTTP door listens on'),
  HTTP_PORT: port().describe('Port of the HTTP door; 0: any free one'),
  HTTP_TLS_CERT_FILE: filePath()
    .optional()
    .describe('PEM certificate chain of the HTTP door; with it goes HTTP_TLS_KEY_FILE. Read again when it changes'),
  HTTP_TLS_KEY_FILE: filePath().optional().describe('PEM private key of the HTTP door'),
  NATS_URL: url({ schemes: ['nats', 'tls'] }).describe('Server of the message bus'),
  NATS_NKEY_FILE: secretFile().describe("File with the service's NKey seed"),
  NATS_CA_FILE: filePath().optional().describe('PEM of the CA that the bus must chain to; absent: no TLS on nats://'),
  DATABASE_URL: url({ schemes: ['postgresql', 'postgres'], secret: true }).describe("Postgres, with the service's own role"),
  INTERNAL_JWKS_FILE: filePath().describe('Keys that may sign internal tokens (JWK set). Read again when it changes'),
  INTERNAL_ISSUER: url({ schemes: ['https'] }).describe(
    `Only issuer of internal tokens that is trusted; ${DEVELOPMENT_ISSUER} in development`,
  ),
  INTERNAL_TOKEN_MAX_SECONDS: durationSeconds({ max: 3_600 }).default(60).describe('Longest life of an internal token that is accepted'),
  LOG_LEVEL: oneOf(['debug', 'info', 'warn', 'error']).default('info').describe('Least level that is logged'),
};

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
    },
    // Also when another field is wrong: all problems are told at once.
    { when: () => true },
  );
}
