import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import { behaviour, type Door, openDoor, ThingModule } from '../test/door.fixture.js';
import { READINESS, type ReadinessCheck } from './readiness.js';

const answers: Record<string, () => Promise<void>> = { postgres: async () => undefined, nats: async () => undefined };
const checkOf = (name: string): ReadinessCheck => ({ name, check: () => answers[name]?.() ?? Promise.resolve() });

@Module({ imports: [ThingModule], providers: [{ provide: READINESS, useValue: [checkOf('postgres')] }] })
class NeedyModule {}

let door: Door;
beforeAll(async () => {
  door = await openDoor({ module: NeedyModule, readiness: [checkOf('nats')], limits: { readinessMs: 100 } });
});
afterAll(() => door.close());

async function ask(path: string) {
  const response = await fetch(`${door.service.url}${path}`);
  const text = await response.text();
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    text,
    json: () => JSON.parse(text) as Record<string, unknown>,
  };
}

describe('/livez', () => {
  it('answers without a token, whatever is away', async () => {
    answers['nats'] = () => Promise.reject(new Error('away'));
    expect((await ask('/livez')).json()).toEqual({ status: 'alive', service: 'parser' });
    answers['nats'] = async () => undefined;
  });
});

describe('/readyz', () => {
  it('is 200 when all that is needed is there', async () => {
    const answer = await ask('/readyz');
    expect(answer.status).toBe(200);
    expect(answer.json()).toEqual({ status: 'ready', service: 'parser', dependencies: { nats: 'ready', postgres: 'ready' } });
  });

  it('is 503 and names what is away, but not why', async () => {
    answers['postgres'] = () => Promise.reject(new Error('canary: password wrong for role parser'));
    const answer = await ask('/readyz');
    expect(answer).toMatchObject({ status: 503, type: 'application/problem+json; charset=utf-8' });
    expect(answer.json()).toMatchObject({
      code: 'platform.not_available',
      detail: 'Away: postgres.',
      dependencies: { nats: 'ready', postgres: 'away' },
    });
    expect(answer.text).not.toContain('canary');
    answers['postgres'] = async () => undefined;
  });

  it('counts as away what does not answer in time', async () => {
    answers['nats'] = () => new Promise(() => undefined);
    expect((await ask('/readyz')).json()).toMatchObject({ detail: 'Away: nats.' });
    answers['nats'] = async () => undefined;
  });
});

describe('/metrics', () => {
  it('has the requests by operation and status, and the process, in OpenMetrics', async () => {
    await fetch(`${door.service.url}/v1/failures/declared`, { headers: { authorization: `Bearer ${door.token()}` } });
    await fetch(`${door.service.url}/v1/elsewhere`);
    let text = '';
    // The count is made when the connection has closed its answer, which may be after the client has read it.
    do {
      const answer = await ask('/metrics');
      expect(answer.type).toContain('application/openmetrics-text; version=1.0.0');
      text = answer.text;
    } while (!text.includes('operation="none"'));
    expect(text).toMatch(/enishi_http_request_duration_seconds_count\{operation="failThing",status="404"\} 1/);
    expect(text).toMatch(/enishi_http_request_duration_seconds_count\{operation="none",status="404"\} 1/);
    expect(text).toContain('enishi_process_cpu_seconds_total');
    expect(text).toContain('enishi_http_event_streams 0');
    expect(text.endsWith('# EOF\n')).toBe(true);
  });

  it('has no id, holder or path in it', async () => {
    const { text } = await ask('/metrics');
    expect(text).not.toMatch(/uin_|elsewhere|\/v1\//);
  });
});

describe('a request with two readings', () => {
  /** The status of what is sent as it stands: fetch would mend it. */
  const statusOf = (target: string, hosts = ['one.example']) =>
    new Promise<string>((resolve, reject) => {
      const socket = connect(door.service.port, '127.0.0.1');
      let text = '';
      socket.on('data', (chunk) => {
        text += chunk.toString();
      });
      socket.on('error', reject);
      socket.on('close', () => resolve(`${text.split(' ')[1]} ${/"code":"([^"]*)"/.exec(text)?.[1] ?? ''}`));
      socket.end(`GET ${target} HTTP/1.1\r\n${hosts.map((host) => `Host: ${host}\r\n`).join('')}Connection: close\r\n\r\n`);
    });

  it('is served when it has one', async () => {
    expect(await statusOf('/metrics')).toBe('200 ');
    expect(await statusOf('/livez?a=%6d')).toBe('200 ');
  });

  it.each([
    '/%6detrics',
    '/metric%73',
    '/m%65trics?x=1',
    '/%2e/metrics',
    '//metrics',
    '/./metrics',
    '/v1/../metrics',
    '/metrics/',
    '/metrics/.',
    '/metrics;x',
    '/metrics;x=1?y',
    '/metrics%00',
    '/metrics%2f',
    '/metrics\\',
    '/%4Detrics',
    'http://one.example/metrics',
    '/livez/',
    '/%72eadyz',
  ])('is refused by its path: %s', async (target) => {
    expect(await statusOf(target)).toBe('400 platform.input_not_valid');
  });

  it.each(['/METRICS', '/Metrics', '/metricS', '/v1/metrics'])('is no probe in another case or place: %s', async (target) => {
    expect(await statusOf(target)).toBe('404 platform.not_found');
  });

  it('is refused when it names two hosts, or none', async () => {
    expect(await statusOf('/metrics', ['one.example', 'two.example'])).toBe('400 platform.input_not_valid');
    expect(await statusOf('/livez', ['one.example', 'one.example'])).toBe('400 platform.input_not_valid');
    expect(await statusOf('/livez', [])).toMatch(/^400/);
  });
});

describe('a process that drains', () => {
  it('is not ready, still serves what is under way, and takes no new connection', async () => {
    const own = await openDoor();
    let answer: (value: { fine: true }) => void = () => undefined;
    const asked = Promise.withResolvers<void>();
    behaviour.fail['wait'] = () => {
      asked.resolve();
      return new Promise<{ fine: true }>((resolve) => {
        answer = resolve;
      });
    };
    const underWay = fetch(`${own.service.url}/v1/failures/wait`, { headers: { authorization: `Bearer ${own.token()}` } });
    await asked.promise;
    const stopped = own.close();
    await expect(fetch(`${own.service.url}/livez`)).rejects.toThrow('fetch failed');
    answer({ fine: true });
    expect(await (await underWay).json()).toEqual({ fine: true });
    await stopped;
  });

  it('cuts off what does not end in time, and ends', async () => {
    const own = await openDoor({ limits: { drainMs: 200 } });
    const asked = Promise.withResolvers<void>();
    behaviour.fail['hang'] = () => {
      asked.resolve();
      return new Promise(() => undefined);
    };
    const underWay = fetch(`${own.service.url}/v1/failures/hang`, { headers: { authorization: `Bearer ${own.token()}` } });
    await asked.promise;
    const begun = performance.now();
    const outcome = underWay.then(
      () => 'answered',
      () => 'cut off',
    );
    await own.close();
    expect(await outcome).toBe('cut off');
    expect(performance.now() - begun).toBeLessThan(2_000);
    expect(own.logged.some((line) => line.includes('cut off'))).toBe(true);
  });
});

describe('a start', () => {
  it('fails, and leaves nothing open, when a declared route has no controller', async () => {
    @Module({})
    class EmptyModule {}
    await expect(openDoor({ module: EmptyModule })).rejects.toThrow(
      'no controller serves: putThing, makeThing, dropThing, failThing, watchThing',
    );
  });

  it('closes the message side before the parts that its handlers use, and once', async () => {
    const order: string[] = [];
    @Module({ imports: [ThingModule], providers: [{ provide: 'PART', useValue: { onModuleDestroy: () => order.push('parts') } }] })
    class PartModule {}
    const own = await openDoor({
      module: PartModule,
      strategy: (app) =>
        ({
          listen: (done: () => void) => {
            order.push(app.get('PART') === undefined ? 'nothing' : 'messages open');
            done();
          },
          close: () => order.push('messages closed'),
          addHandler: () => undefined,
          setTransportId: () => undefined,
          on: () => undefined,
        }) as never,
    });
    await own.close();
    expect(order).toEqual(['messages open', 'messages closed', 'parts']);
  });
});
