import { type ChildProcess, spawn } from 'node:child_process';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TelemetryCollector } from '@enishi/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { FLUSH_LIMIT_MS } from '../src/start-telemetry.js';

interface Export {
  readonly url: string | undefined;
  readonly type: string | undefined;
  readonly body: {
    resourceSpans: {
      resource: { attributes: { key: string; value: { stringValue?: string } }[] };
      scopeSpans: { spans: { name: string; traceId: string }[] }[];
    }[];
  };
}

let collector: Server;
let endpoint: string;
const exports: Export[] = [];
/** What the collector does with an export. */
let answer: (response: ServerResponse) => void;

beforeAll(async () => {
  collector = createServer((request, response) => {
    let text = '';
    request.on('data', (part) => {
      text += part;
    });
    request.on('end', () => {
      exports.push({ url: request.url, type: request.headers['content-type'], body: JSON.parse(text) });
      answer(response);
    });
  });
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
});
afterAll(() => {
  collector.closeAllConnections();
  collector.close();
});
beforeEach(() => {
  exports.splice(0);
  answer = (response) => response.end('{}');
});

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  /** From the last line that it wrote to its end. */
  readonly ms: number;
}

/** Runs `main` under the built preload. `onLine` is told each line of stdout, and may end the process. */
async function run(
  main: string,
  { otlp = endpoint, env, onLine }: { otlp?: string; env?: object; onLine?: (line: string, child: ChildProcess) => void } = {},
): Promise<Ended> {
  const child = spawn(process.execPath, ['--import', '@enishi/telemetry/preload', '--input-type=module', '-e', main], {
    cwd: import.meta.dirname,
    env: { OTEL_SERVICE_NAME: 'parser', OTEL_EXPORTER_OTLP_ENDPOINT: otlp, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let stdout = '';
  let since = performance.now();
  child.stdout.on('data', (part) => {
    stdout += part;
    since = performance.now();
    onLine?.(String(part).trim(), child);
  });
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) => child.once('close', (c, s) => resolve([c, s])));
  return { code, signal, stdout, ms: performance.now() - since };
}

const WORK = `
  import { currentTraceparent, withSpan } from '@enishi/telemetry';
  const work = () => withSpan('work', {}, async () => { await null; console.log(currentTraceparent()); });
`;
/** Secrets in every place of a line; the second line is said outside of any span. */
const LOGGED = `
  import { createLogger, currentTraceparent, withSpan } from '@enishi/telemetry';
  const log = createLogger('parser', 'info').child({ runId: 'run_1', password: 'canary-child' });
  await withSpan('work', {}, async () => {
    log.warn({ rows: 3, clientSecret: 'canary-field', facts: { page: 'menu', list: ['a', 'b'] } }, 'read postgresql://u:canary-text@h/d');
    log.debug('canary-below-the-level');
  });
  log.error({ err: Object.assign(new Error('token=canary-error'), { code: 'parser.x' }) }, 'broke');
`;
const STAY = `${WORK} setInterval(() => {}, 1000); await work();`;
/** Starting a process, and a machine that is busy with others. */
const SLACK_MS = 1_000;
const endIt = (_line: string, child: ChildProcess) => void child.kill('SIGTERM');

describe('the preload', () => {
  it('exports spans as OTLP/HTTP JSON with the name of the service, when the process ends by itself', async () => {
    const { code, stdout } = await run(`${WORK} await work();`);
    expect(code).toBe(0);
    expect(exports).toHaveLength(1);
    const [only] = exports as [Export];
    expect(only).toMatchObject({ url: '/v1/traces', type: 'application/json' });
    const [resourceSpans] = only.body.resourceSpans;
    expect(resourceSpans?.resource.attributes).toContainEqual({ key: 'service.name', value: { stringValue: 'parser' } });
    const span = resourceSpans?.scopeSpans[0]?.spans[0];
    expect(span?.name).toBe('work');
    expect(stdout).toContain(`00-${span?.traceId}-`);
  });

  it('exports them on SIGTERM, and dies of the signal as it would without', async () => {
    const { signal } = await run(STAY, { onLine: endIt });
    expect(signal).toBe('SIGTERM');
    expect(exports).toHaveLength(1);
  });

  it('leaves the signal to who listens to it', async () => {
    const { code, signal } = await run(`${STAY.replace('await work()', "process.on('SIGTERM', () => process.exit(7)); await work()")}`, {
      onLine: endIt,
    });
    expect({ code, signal }).toEqual({ code: 7, signal: null });
  });

  it('keeps the exit code of the process', async () => {
    expect(await run(`${WORK} process.exitCode = 5; await work();`)).toMatchObject({ code: 5 });
    expect(await run(`${WORK} process.exitCode = 5; await work();`, { otlp: 'http://127.0.0.1:1' })).toMatchObject({ code: 5 });
  });

  it.each([
    ['refuses connections', 'http://127.0.0.1:1'],
    ['has a name that does not resolve', 'http://collector.invalid:4318'],
  ])('holds no process for more than 2 s when the collector %s', async (_, otlp) => {
    const [byItself, bySignal] = await Promise.all([run(`${WORK} await work();`, { otlp }), run(STAY, { otlp, onLine: endIt })]);
    expect(byItself.code).toBe(0);
    expect(byItself.ms).toBeLessThan(FLUSH_LIMIT_MS + SLACK_MS);
    expect(bySignal.signal).toBe('SIGTERM');
    expect(bySignal.ms).toBeLessThan(FLUSH_LIMIT_MS + SLACK_MS);
  });

  it('holds no process for more than 2 s when the collector takes spans and never answers', async () => {
    answer = () => undefined;
    const [byItself, bySignal] = await Promise.all([run(`${WORK} await work();`), run(STAY, { onLine: endIt })]);
    expect(byItself.ms).toBeLessThan(FLUSH_LIMIT_MS + SLACK_MS);
    expect(bySignal.ms).toBeLessThan(FLUSH_LIMIT_MS + SLACK_MS);
  });

  it('exports each line of the log that was written, as it was written, in its trace; a secret never arrives', async () => {
    const collector = await TelemetryCollector.start();
    const { code, stdout } = await run(LOGGED, {
      otlp: collector.endpoint,
      env: { OTEL_RESOURCE_ATTRIBUTES: 'k8s.pod.name=parser-0, service.version=1.2%2C3,service.name=other' },
    });
    expect(code).toBe(0);
    const written = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(written).toHaveLength(2);
    const exported = collector.logs().map(({ timeUnixNano, severityText, body, traceId, spanId, attributes, service }) => ({
      level: severityText,
      time: new Date(Number(timeUnixNano / 1_000_000n)).toISOString(),
      service,
      ...(traceId === '' ? {} : { trace_id: traceId, span_id: spanId }),
      ...attributes,
      msg: body,
    }));
    expect(exported).toEqual(written);
    const [within, outside] = collector.logs();
    expect(within).toMatchObject({ severity: 13, attributes: { runId: 'run_1', rows: 3, facts: { page: 'menu', list: ['a', 'b'] } } });
    expect(within?.traceId).toBe(collector.spans()[0]?.traceId);
    expect(outside).toMatchObject({ severity: 17, traceId: '', attributes: { err: { code: 'parser.x' } } });
    expect(collector.raw()).not.toContain('canary');
    const about = { 'service.name': 'parser', 'k8s.pod.name': 'parser-0', 'service.version': '1.2,3' };
    expect(within?.resource).toMatchObject(about);
    await collector.stop();
  });

  it('goes on writing, and ends, when the collector takes no lines', async () => {
    answer = () => undefined;
    const many = `${LOGGED} for (let i = 0; i < 5_000; i++) log.info({ i }, 'line'); setInterval(() => {}, 1000); console.log('END');`;
    const onLine = (lines: string, child: ChildProcess) => void (lines.endsWith('END') && child.kill('SIGTERM'));
    const [away, silent] = await Promise.all([run(many, { otlp: 'http://127.0.0.1:1', onLine }), run(many, { onLine })]);
    for (const { signal, stdout, ms } of [away, silent]) {
      expect(signal).toBe('SIGTERM');
      expect(stdout.trim().split('\n')).toHaveLength(5_003);
      expect(ms).toBeLessThan(FLUSH_LIMIT_MS + SLACK_MS);
    }
  });

  it('makes trace ids without any collector, so that logs and messages have them', async () => {
    const { code, stdout } = await run(`${WORK} await work();`, { otlp: '' });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01\n$/);
  });
});
