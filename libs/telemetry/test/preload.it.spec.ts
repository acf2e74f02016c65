import { type ChildProcess, spawn } from 'node:child_process';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
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
  { otlp = endpoint, onLine }: { otlp?: string; onLine?: (line: string, child: ChildProcess) => void } = {},
): Promise<Ended> {
  const child = spawn(process.execPath, ['--import', '@enishi/telemetry/preload', '--input-type=module', '-e', main], {
    cwd: import.meta.dirname,
    env: { OTEL_SERVICE_NAME: 'parser', OTEL_EXPORTER_OTLP_ENDPOINT: otlp },
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

  it('makes trace ids without any collector, so that logs and messages have them', async () => {
    const { code, stdout } = await run(`${WORK} await work();`, { otlp: '' });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01\n$/);
  });
});
