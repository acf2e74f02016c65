/** Writes values.schema.json of every service's chart and of the umbrella: what may be set, closed, with descriptions. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describeConfig } from '@enishi/config';
import { SERVICES } from '@enishi/contracts';
import { parse } from 'yaml';
import type { z } from 'zod';
import { ChartFacts, configValues } from '../charts/config-schema.js';
import type { Schema } from '../charts/json-schema.js';
import { serviceValues, umbrellaValues } from '../charts/values-schema.js';
import { ROOT } from '../layout.js';

const CHARTS = join(ROOT, 'helm');

function write(chart: string, schema: Schema): void {
  writeFileSync(join(CHARTS, chart, 'values.schema.json'), `${JSON.stringify(schema, null, 2)}\n`);
}

if (existsSync(CHARTS)) {
  for (const service of SERVICES) {
    const { configSchema } = (await import(pathToFileURL(join(ROOT, 'services', service, 'dist', 'config.js')).href)) as {
      configSchema: z.ZodObject;
    };
    const facts = ChartFacts.parse(parse(readFileSync(join(CHARTS, service, 'service.yaml'), 'utf8')));
    write(service, serviceValues(service, configValues(service, describeConfig(configSchema), facts), Object.keys(facts.keys).length > 0));
  }
  write('enishi', umbrellaValues(SERVICES));
}
