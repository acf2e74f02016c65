/** The operator's program, as operators run it. */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EventId, pageRead, SERVICES } from '@enishi/contracts';
import { type FreshNats, freshNats, testRun } from '@enishi/testing';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type Bus, connectBus } from '../src/bus.js';
import { deadLetterSubject } from '../src/names.js';
import { HEADER, headersOf } from '../src/wire.js';
import { keptLog } from './parts.js';

const PROGRAM = join(import.meta.dirname, '..', 'dist', 'cli.js');
let nats: FreshNats;
let dispatcher: Bus;
let seedFile: string;

beforeAll(async () => {
  nats = await freshNats();
  seedFile = join(testRun().dir, `operator-${process.pid}.nk`);
  writeFileSync(seedFile, nats.operatorSeed, { mode: 0o600 });
  const login = { url: nats.url, nkeySeed: nats.seed('command-dispatcher') };
  dispatcher = await connectBus({ service: 'command-dispatcher', ...login, log: keptLog('d').log });
});
afterAll(async () => {
  await dispatcher.drain();
  await nats.stop();
});

async function run(args: string[], environment: Record<string, string> = {}): Promise<{ code: number; out: unknown[]; complaint: string }> {
  return new Promise((resolve) => {
    const env = { NATS_URL: nats.url, NATS_NKEY_FILE: seedFile, ...environment };
    execFile(process.execPath, [PROGRAM, ...args], { env }, (error, stdout, stderr) => {
      const lines = stdout.split('\n').filter((line) => line !== '');
      resolve({ code: Number(error?.code ?? 0), out: lines.map((line) => JSON.parse(line) as unknown), complaint: stderr });
    });
  });
}

/** A dead letter as a service parks it. */
async function park(): Promise<string> {
  const eventId = EventId.generate();
  await dispatcher.js.publish(deadLetterSubject('command-dispatcher', pageRead.subject), '{"rows":1}', {
    headers: headersOf({ [HEADER.eventId]: eventId, [HEADER.deadCode]: 'platform.broken', [HEADER.deliveries]: '8' }),
  });
  return eventId;
}

it('provisions, and again', async () => {
  for (let i = 0; i < 2; i++) {
    const { code, out } = await run(['provision']);
    expect(code).toBe(0);
    expect(out).toEqual([expect.objectContaining({ streams: expect.arrayContaining(['dead-letters', 'events-parser']) })]);
  }
});

it('lists, shows, replays and discards dead letters', async () => {
  const ids = [await park(), await park(), await park()];
  const { out } = await run(['dead-letters', 'list']);
  expect(out.map((letter) => (letter as { eventId: string }).eventId)).toEqual(ids);
  const [first, second] = out as { seq: number }[];
  const shown = await run(['dead-letters', 'show', String(first?.seq)]);
  expect(shown.out).toEqual([expect.objectContaining({ eventId: ids[0], payload: '{"rows":1}', deliveries: 8 })]);
  expect(await run(['dead-letters', 'discard', String(first?.seq)])).toMatchObject({ code: 0 });
  expect((await run(['dead-letters', 'replay', String(second?.seq)])).out).toEqual([expect.objectContaining({ eventId: ids[1] })]);
  expect((await run(['dead-letters', 'replay', '--all'])).out).toEqual([expect.objectContaining({ eventId: ids[2] })]);
  expect((await run(['dead-letters', 'list'])).out).toEqual([]);
});

it('says what is wrong: a number that is gone, a word that it does not know, settings that are missing', async () => {
  expect(await run(['dead-letters', 'show', '999999'])).toMatchObject({
    code: 1,
    complaint: expect.stringContaining('platform.not_found'),
  });
  for (const args of [
    [],
    ['destroy'],
    ['dead-letters'],
    ['dead-letters', 'show'],
    ['dead-letters', 'replay', 'x'],
    ['dead-letters', 'list', '--what'],
  ])
    expect([args, await run(args)]).toEqual([args, expect.objectContaining({ code: expect.any(Number), out: [] })]);
  expect((await run(['dead-letters', 'replay'])).complaint).toContain('usage:');
  const unset = await run(['provision'], { NATS_URL: '', NATS_NKEY_FILE: '/nowhere' });
  expect(unset.code).toBe(78);
  for (const name of ['NATS_URL', 'NATS_NKEY_FILE']) expect(unset.complaint).toContain(name);
});

it("a service's key may not do the operator's work", async () => {
  const refused = await run(['dead-letters', 'list'], { NATS_NKEY_FILE: nats.seedFile('parser') });
  expect(refused.code).toBe(1);
  expect(refused.out).toEqual([]);
  expect(refused.complaint).not.toContain(nats.seed('parser'));
});

it('tells the permissions without a bus', async () => {
  const { code, out } = await run(['permissions'], { NATS_URL: '' });
  expect(code).toBe(0);
  expect(Object.keys(out[0] as object)).toEqual([...SERVICES]);
});
