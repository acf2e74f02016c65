import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { configTable, describeConfig } from './describe-config.js';
import { durationMs, flag, oneOf, port, secretFile, url } from './fields.js';
import { serviceConfig } from './service-config.js';

describe('the reference of a configuration', () => {
  it('has a row per key, in the order of the schema, with kind, default and description', () => {
    const schema = z.object({
      PORT: port().describe('Where it listens'),
      KEY: secretFile().describe('What it signs with'),
      WAIT: durationMs().default(500).describe('How long it waits'),
      LOUD: flag().optional().describe('Whether it sings'),
    });
    expect(describeConfig(schema)).toEqual([
      { key: 'PORT', kind: 'port', required: true, default: null, secret: false, description: 'Where it listens' },
      { key: 'KEY', kind: 'path of a file with a secret', required: true, default: null, secret: true, description: 'What it signs with' },
      { key: 'WAIT', kind: '1–86400000 ms', required: false, default: '500', secret: false, description: 'How long it waits' },
      { key: 'LOUD', kind: 'true or false', required: false, default: null, secret: false, description: 'Whether it sings' },
    ]);
  });

  it('describes every key that a service has', () => {
    const rows = describeConfig(serviceConfig({ OWN: url({ schemes: ['https'] }).describe('Its own') }));
    expect(rows.map(({ key }) => key)).toEqual(expect.arrayContaining(['HTTP_PORT', 'DATABASE_URL', 'LOG_LEVEL', 'OWN']));
    expect(rows.filter(({ secret }) => secret).map(({ key }) => key)).toEqual(['NATS_NKEY_FILE', 'DATABASE_URL', 'DATABASE_PASSWORD_FILE']);
  });

  it('refuses a key without a description, or of a foreign kind', () => {
    expect(() => describeConfig(z.object({ PORT: port() }))).toThrow('PORT has no description');
    expect(() => describeConfig(z.object({ X: z.string().describe('x') }))).toThrow('X is not made by a field');
  });

  it('is written as a Markdown table', () => {
    const rows = describeConfig(z.object({ MODE: oneOf(['a|b', 'c']).default('c').describe('Two\nlines') }));
    expect(configTable(rows)).toBe('| key | must be | default | |\n|---|---|---|---|\n| `MODE` | a\\|b, c | `c` | Two lines |\n');
  });
});
