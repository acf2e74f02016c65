import { describe, expect, it } from '@jest/globals';
import { choice, flag, list, map, object, text, whole } from './json-schema.js';
import { valuesTable } from './values-table.js';

describe('the table of a chart’s values', () => {
  it('has each key that can be set, with what it must be and its default', () => {
    const schema = object('All', {
      global: object('Elsewhere', { tag: text('Tag') }),
      bus: object('Bus', { mode: choice('A|B', ['a', 'b']), port: whole('Port', 1, 9), to: list('Peers', {}), on: flag('On') }),
      labels: map('Labels', {}),
      config: object('Settings', { WAIT_MS: { ...whole('Wait', 1, 9), default: 5 } }),
    });
    const defaults = { bus: { mode: 'a', port: 4, to: [{ name: 'x' }], on: false }, labels: {} };
    expect(valuesTable(schema, defaults, ['global']).split('\n')).toEqual([
      '| key | must be | default | |',
      '|---|---|---|---|',
      '| `bus.mode` | a, b | `a` | A\\|B |',
      '| `bus.port` | 1–9 | `4` | Port |',
      '| `bus.to` | list | `[{"name":"x"}]` | Peers |',
      '| `bus.on` | true or false | `false` | On |',
      '| `labels` | map | `{}` | Labels |',
      '| `config.WAIT_MS` | 1–9 | `5` | Wait |',
    ]);
  });
});
