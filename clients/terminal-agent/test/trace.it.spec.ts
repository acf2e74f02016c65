/** The bank call in the trace, and nothing of the user in it: the real program under the real preload. */
import { ConnectionId } from '@enishi/contracts';
import { createCa, issueCert } from '@enishi/infra';
import { TelemetryCollector } from '@enishi/testing';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { TestBank } from './bank.js';
import { TestPc } from './pc.js';
import { connectorFor, Platform } from './platform.js';
import { TestRelay } from './relay.js';

// Programs are started and killed here, on machines that do other things too.
jest.setTimeout(60_000);

const platform = new Platform();
let bank: TestBank;
let relay: TestRelay;
let collector: TelemetryCollector;
const pc = new TestPc();

beforeAll(async () => {
  bank = await TestBank.start();
  collector = await TelemetryCollector.start();
});
afterAll(async () => {
  await pc.remove();
  await relay?.stop();
  await bank.stop();
  await collector.stop();
});

describe('the trace of a run', () => {
  it('has the bank call under the order, with host and status, without path, query, cookie or secret', async () => {
    const ca = await createCa({ commonName: 'Test platform CA' });
    relay = await TestRelay.start(platform, await issueCert(ca, { kind: 'server', commonName: 'localhost' }));
    await pc.enrol(relay, ca.certPem);
    const connectionId = ConnectionId.generate();
    await pc.connect(connectionId, bank.origin, await bank.userCertificate(), { userId: '87654321', password: 'canary-pass' });
    pc.run({ endpoint: collector.endpoint, service: 'terminal-agent' });
    bank.answer = (_asked, response) => response.setHeader('set-cookie', 'SID=canary-cookie').end('canary-page');
    const session = await relay.session(0);
    const to = { terminalId: relay.terminalId, session, connector: connectorFor(bank.origin, bank.serverCa.certPem), connectionId };
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    for (const request of ['login', 'rows'] as const) {
      const order = platform.order(to, request);
      await relay.send(session, order, `00-${traceId}-b7ad6b7169203331-01`);
      const frame = await relay.next('result', ({ orderId }) => orderId === order.orderId);
      expect(frame.traceparent).toContain(traceId);
      expect(frame.traceparent).not.toContain('b7ad6b7169203331');
    }
    const ended = await pc.end('SIGTERM');
    const spans = collector.spans().filter((span) => span.service === 'terminal-agent');
    expect(spans.map(({ name, traceId: id, parentSpanId, kind }) => ({ name, id, parentSpanId, kind }))).toEqual([
      { name: 'POST', id: traceId, parentSpanId: 'b7ad6b7169203331', kind: 3 },
      { name: 'GET', id: traceId, parentSpanId: 'b7ad6b7169203331', kind: 3 },
    ]);
    expect(spans[1]?.attributes).toMatchObject({ 'server.address': 'localhost', 'http.response.status_code': 200 });
    const told = [collector.raw(), ended?.stdout, ended?.stderr, (await pc.do(['log'])).stdout].join('\n');
    expect(told).not.toMatch(/canary|87654321|AB12|20260401|ab12/);
  });
});
