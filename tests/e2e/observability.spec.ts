/** Dashboards and rules name what the services really export: metrics and labels, as a scrape shows them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { HANAKO, Holder } from '../../deploy/local/src/demo/holder.js';
import { ROOT } from '../../deploy/local/src/layout.js';
import { type Exported, exportedIn, unknownNames } from '../../deploy/observability/src/exported-metrics.js';
import { dashboardQueries } from '../../deploy/observability/src/queries.js';
import { ALERTS } from '../../deploy/observability/src/rules/alerts.js';
import { RECORDING } from '../../deploy/observability/src/rules/recording.js';
import { type OwnPlatform, ownPlatform } from './own-platform.js';

let own: OwnPlatform;
let exported: Exported;
const recording = RECORDING.flatMap(({ rules }) => rules);

beforeAll(async () => {
  own = await ownPlatform();
  const hanako = new Holder(own.platform, 'hanako');
  const terminalId = await hanako.enrolTerminal();
  await hanako.startAgent();
  // One run: most series appear with their first event.
  await hanako.watchToEnd(await hanako.startRun(await hanako.connectBank(terminalId, HANAKO)), () => {});
  exported = together((await own.metrics()).map((text) => exportedIn(text, declaredLabels())));
}, 180_000);
afterAll(async () => own?.stop(), 60_000);

describe('what is looked at', () => {
  it('every query of a dashboard names metrics and labels that a service exports', () => {
    const exprs = dashboardQueries().map(({ expr }) => expr);
    expect(exprs.length).toBeGreaterThan(50);
    expect(unknownNames(exprs, exported, recording)).toEqual([]);
  });

  it('every rule does too', () => {
    const exprs = [...recording, ...ALERTS.flatMap(({ rules }) => rules)].map(({ expr }) => expr);
    expect(unknownNames(exprs, exported, recording)).toEqual([]);
  });
});

/** Labels of metrics that showed no series in this run (nothing was refused, no letter died): as their declarations say. */
function declaredLabels(): Map<string, readonly string[]> {
  const declared = new Map<string, readonly string[]>();
  const sources = ['libs', 'services'].flatMap((dir) =>
    readdirSync(join(ROOT, dir)).flatMap((part) => {
      const src = join(ROOT, dir, part, 'src');
      return readdirSync(src, { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts') && !file.startsWith('generated'))
        .map((file) => readFileSync(join(src, file), 'utf8'));
    }),
  );
  for (const [, name = '', rest = ''] of sources.join('\n').matchAll(/name: '(enishi_\w+)',([\s\S]*?)\}\)/g)) {
    const [, labels = ''] = /labels: \[(.*?)\]/s.exec(rest) ?? [];
    declared.set(
      name,
      [...labels.matchAll(/'(\w+)'/g)].map(([, label = '']) => label),
    );
  }
  return declared;
}

function together(all: readonly Exported[]): Exported {
  const sum = new Map<string, ReadonlySet<string> | null>();
  for (const [name, labels] of all.flatMap((one) => [...one])) {
    const known = sum.get(name);
    sum.set(name, labels === null || known === null ? (labels ?? known ?? null) : new Set([...(known ?? []), ...labels]));
  }
  return sum;
}
