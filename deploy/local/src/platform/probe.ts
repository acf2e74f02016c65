/** Asks a process for the one fact that matters to its starter: does it do its work now? */
import { readFileSync } from 'node:fs';
import { get as getPlain, type IncomingMessage } from 'node:http';
import { get as getTls } from 'node:https';
import type { ServiceName } from '@enishi/contracts';
import type { Layout } from '../layout.js';

/** Resolves on 200; rejects with what the process says it lacks (its /readyz names it). */
export function answers(url: string, caFile?: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const take = (answer: IncomingMessage) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => {
        if (answer.statusCode === 200) resolve();
        else reject(new Error(`${answer.statusCode}: ${Buffer.concat(chunks).toString('utf8').slice(0, 300)}`));
      });
    };
    const asked = caFile
      ? getTls(url, { ca: readFileSync(caFile), servername: 'localhost', timeout: 2_000 }, take)
      : getPlain(url, { timeout: 2_000 }, take);
    asked.on('timeout', () => asked.destroy(new Error('no answer in 2 s')));
    asked.on('error', reject);
  });
}

/** Rejects with what the service says that it lacks. */
export function isReady(layout: Layout, service: ServiceName): Promise<void> {
  return answers(`https://127.0.0.1:${layout.ports[service]}/readyz`, layout.path('pki', 'dev-ca.pem'));
}
