/** What one order costs on its way through dispatcher, relay, agent, bank and parser, beside asking the bank directly. */
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { HANAKO, Holder } from '../demo/holder.js';
import { ExpectedFailure } from '../expected-failure.js';
import type { Layout } from '../layout.js';
import { withPlatform } from '../verbs/demo.js';
import { type Measurement, median, rounded } from './measurement.js';

const RUNS = 5;
/**
 * Direct requests also shake hands anew each time, as the agent does. An order costs about eight commits and file syncs in
 * three services and the agent beside its request: that is what may cost, and no more.
 */
const TARGET_RATIO = 30;

export async function step(): Promise<Measurement[]> {
  const measured: Measurement[] = [];
  await withPlatform('bench-step', async (platform) => {
    const holder = new Holder(platform, 'hanako');
    const terminalId = await holder.enrolTerminal();
    await holder.startAgent();
    const connectionId = await holder.connectBank(terminalId, HANAKO);
    const paper = await holder.obtainCertificate();
    const perStep: number[] = [];
    const direct: number[] = [];
    let steps = 0;
    for (let index = 0; index <= RUNS; index += 1) {
      const from = performance.now();
      const end = await holder.watchToEnd(await holder.startRun(connectionId));
      if (end.kind !== 'finished') throw new ExpectedFailure(`The run failed: ${end.cause?.code}`);
      steps = end.step;
      const each = (performance.now() - from) / end.step;
      const directMs = await directly(platform.layout, paper);
      // The first round warms both up.
      if (index === 0) continue;
      perStep.push(each);
      direct.push(directMs);
    }
    const ratio = median(perStep) / median(direct);
    measured.push({
      name: 'aggregation.step',
      value: rounded(median(perStep)),
      unit: 'ms/order',
      reference: rounded(median(direct)),
      referenceIs: 'one request to the bank with the certificate, handshake included',
      ratio: rounded(ratio),
      target: `ratio <= ${TARGET_RATIO}`,
      ok: ratio <= TARGET_RATIO,
      on: `${RUNS} runs of ${steps} orders on one machine, 2 cores shared by all parts`,
    });
  });
  return measured;
}

/** Mean of as many direct requests as a run has about. */
async function directly(layout: Layout, paper: { certificate: string; key: string }): Promise<number> {
  const [cert, key, ca] = [readFileSync(paper.certificate), readFileSync(paper.key), readFileSync(layout.path('bank', 'ca.pem'))];
  const count = 10;
  const from = performance.now();
  for (let index = 0; index < count; index += 1) {
    await new Promise<void>((resolve, reject) => {
      const asked = request(
        { host: '127.0.0.1', servername: 'localhost', port: layout.ports.bank, path: '/ib/login', cert, key, ca, agent: false },
        (answer) => {
          answer.resume();
          answer.on('end', () => resolve());
        },
      );
      asked.on('error', reject);
      asked.end();
    });
  }
  return (performance.now() - from) / count;
}
