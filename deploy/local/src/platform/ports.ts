/** Which of the platform's ports somebody else holds. */
import { createServer } from 'node:net';
import { type Layout, PORTS_TAKEN } from '../layout.js';

export async function occupiedPorts(layout: Layout): Promise<number[]> {
  const ports = Object.values(layout.ports);
  const free = await Promise.all(ports.map(isFree));
  return ports.filter((_, index) => !free[index]);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

const FIRST = 20_000;
/** Linux takes the ports of outgoing connections from 32768 on: one of those may be in use when it is needed, and not when it is looked at. */
const END = 32_000;

/** A base whose ports are all free: for a platform that lives only for one run. */
export async function freePortBase(layoutAt: (base: number) => Layout): Promise<number> {
  for (let tries = 0; tries < 50; tries += 1) {
    const base = FIRST + Math.floor((Math.random() * (END - FIRST)) / PORTS_TAKEN) * PORTS_TAKEN;
    if ((await occupiedPorts(layoutAt(base))).length === 0) return base;
  }
  throw new Error('no free range of ports between 20000 and 32000');
}
