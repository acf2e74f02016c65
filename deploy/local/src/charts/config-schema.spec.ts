import type { ConfigRow } from '@enishi/config';
import { describe, expect, it } from '@jest/globals';
import { Ajv } from 'ajv';
import type { ServiceFacts } from '../service-facts.js';
import { configValues, FIXED_SETTINGS } from './config-schema.js';
import { serviceValues } from './values-schema.js';

const NONE: ServiceFacts = { serves: 'tests', doors: ['http'], trust: {}, keys: {}, connectors: false };

function row(key: string, kind: string, fallback: string | null = null, more: Partial<ConfigRow> = {}): ConfigRow {
  return { key, kind, required: false, default: fallback, secret: false, description: 'What it does', ...more };
}
const rows = [
  row('SWEEP_INTERVAL_MS', '20–3600000 ms', '600000'),
  row('CLIENTS_PER_HOLDER', '1–1000', '50'),
  row('LOG_LEVEL', 'debug, info, warn, error', 'info'),
  row('LOUD', 'true or false', 'true'),
  row('PARTNER_URL', 'URL (https, wss)'),
];

describe('the schema of a chart’s config', () => {
  it('has each setting with type, range, default and description', () => {
    expect(configValues('parser', rows, NONE)).toMatchObject({
      additionalProperties: false,
      properties: {
        SWEEP_INTERVAL_MS: {
          type: 'integer',
          minimum: 20,
          maximum: 3_600_000,
          default: 600_000,
          description: 'What it does (20–3600000 ms)',
        },
        CLIENTS_PER_HOLDER: { type: 'integer', minimum: 1, maximum: 1_000 },
        LOG_LEVEL: { type: 'string', enum: ['debug', 'info', 'warn', 'error'], default: 'info' },
        LOUD: { type: 'boolean', default: true },
        PARTNER_URL: { type: 'string', pattern: '^(https|wss)://' },
      },
    });
  });

  it('has no setting that the chart decides', () => {
    const facts: ServiceFacts = {
      serves: 'tests',
      doors: ['http', 'terminal'],
      trust: { ROOT_FILE: 'root.jws' },
      keys: { A_FILE: 'a' },
      connectors: true,
    };
    const own = ['ROOT_FILE', 'A_FILE', 'RELAY_HOST', 'RELAY_PORT', 'CONNECTORS_DIR'];
    const fixed = [...FIXED_SETTINGS, ...own].map((key) => row(key, 'text', null, { required: true }));
    expect(configValues('parser', fixed, facts).properties).toEqual({});
  });

  it('refuses a new setting that has no place', () => {
    const of = (added: ConfigRow) => () => configValues('parser', [added], NONE);
    expect(of(row('NEW_FILE', 'path of a file'))).toThrow(
      'NEW_FILE is a path of a file, and services/parser/service.yaml does not mount it',
    );
    expect(of(row('NEW_KEY_FILE', 'path of a file with a secret', null, { secret: true }))).toThrow('does not mount it');
    expect(of(row('NEW_LIMIT', '1–9', null, { required: true }))).toThrow('NEW_LIMIT has no default, and the chart does not set it');
  });

  it('refuses a mounted file that no setting reads', () => {
    expect(() => configValues('parser', rows, { ...NONE, keys: { OLD_FILE: 'old' } })).toThrow('sets OLD_FILE, which parser does not read');
  });
});

describe('the schema of a service’s values', () => {
  const valid = new Ajv({ strict: true, allowUnionTypes: true }).compile(
    serviceValues('parser', configValues('parser', rows, NONE), false),
  );

  it('takes what is described', () => {
    const peer = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'traefik' } } };
    const values = { replicas: 3, global: { networkPolicy: { routesFrom: [peer] } }, config: { LOUD: false, SWEEP_INTERVAL_MS: 20 } };
    expect([valid(values), valid.errors]).toEqual([true, null]);
  });

  it.each([
    ['an unknown key', { replica: 3 }],
    ['an unknown key of global', { global: { busUrl: 'x' } }],
    ['an unknown setting', { config: { SWEEP_INTERVAL: 20 } }],
    ['a setting out of its range', { config: { SWEEP_INTERVAL_MS: 19 } }],
    ['a setting that the chart decides', { config: { NATS_URL: 'nats://elsewhere:4222' } }],
    ['an empty peer, which would be everybody', { global: { networkPolicy: { metricsFrom: [{}] } } }],
    ['a bus without a port', { global: { bus: { url: 'tls://nats' } } }],
    ['a digest that is none', { image: { digest: 'sha256:abc' } }],
    ['a Secret that a service without keys does not need', { secrets: { keys: 'enishi-parser-keys' } }],
  ])('refuses %s', (_, values) => {
    expect(valid(values)).toBe(false);
  });
});
