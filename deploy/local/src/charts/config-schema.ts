/** The key `config` of a service chart's values: each setting of its config.ts that the chart itself does not decide. */
import type { ConfigRow } from '@enishi/config';
import type { ServiceFacts } from '../service-facts.js';
import { object, type Schema } from './json-schema.js';

/** Settings that the deployment sets, in every chart (helm/common/templates/_deployment.tpl). */
export const FIXED_SETTINGS: readonly string[] = [
  'HTTP_HOST',
  'HTTP_PORT',
  'HTTP_TLS_CERT_FILE',
  'HTTP_TLS_KEY_FILE',
  'NATS_URL',
  'NATS_NKEY_FILE',
  'NATS_CA_FILE',
  'DATABASE_URL',
  'DATABASE_PASSWORD_FILE',
  'INTERNAL_JWKS_FILE',
  'INTERNAL_ISSUER',
  'INTERNAL_TOKEN_MAX_SECONDS',
];

function fixedBy({ doors, trust, keys, connectors }: ServiceFacts): string[] {
  return [
    ...Object.keys(trust),
    ...Object.keys(keys),
    ...(doors.includes('terminal') ? ['RELAY_HOST', 'RELAY_PORT'] : []),
    ...(connectors ? ['CONNECTORS_DIR'] : []),
  ];
}

/** Throws when a setting has no place: a file that is mounted nowhere, or a fact of the chart that no setting reads. */
export function configValues(service: string, rows: readonly ConfigRow[], facts: ServiceFacts): Schema {
  const fixed = fixedBy(facts);
  const idle = fixed.filter((key) => !rows.some((row) => row.key === key));
  if (idle.length > 0) throw new Error(`services/${service}/service.yaml sets ${idle.join(', ')}, which ${service} does not read`);
  const open = rows.filter(({ key }) => !FIXED_SETTINGS.includes(key) && !fixed.includes(key));
  return object('Settings by the names of docs/config.md', Object.fromEntries(open.map((row) => [row.key, settingSchema(service, row)])));
}

function settingSchema(service: string, { key, kind, required, default: fallback, secret, description }: ConfigRow): Schema {
  const described = { description: `${description} (${kind})` };
  const typed = (type: Schema, value: (text: string) => unknown): Schema => ({
    ...type,
    ...described,
    ...(fallback === null ? {} : { default: value(fallback) }),
  });
  // Nothing that installs the chart would know that it is missing.
  if (required) throw new Error(`${service}: ${key} has no default, and the chart does not set it`);
  if (secret || kind.startsWith('path of'))
    throw new Error(`${service}: ${key} is a ${kind}, and services/${service}/service.yaml does not mount it`);
  const range = /^(-?\d+)–(\d+)(?: \S+)?$/.exec(kind);
  if (range) return typed({ type: 'integer', minimum: Number(range[1]), maximum: Number(range[2]) }, Number);
  const schemes = /^URL \((.+)\)$/.exec(kind)?.[1]?.split(', ');
  if (schemes) return typed({ type: 'string', pattern: `^(${schemes.join('|')})://` }, String);
  if (kind === 'true or false') return typed({ type: 'boolean' }, (value) => value === 'true');
  if (kind === 'port') return typed({ type: 'integer', minimum: 0, maximum: 65_535 }, Number);
  if (kind === 'text' || kind === 'host') return typed({ type: 'string', minLength: 1 }, String);
  return typed({ type: 'string', enum: kind.split(', ') }, String);
}
