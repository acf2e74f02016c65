import { expect, it } from '@jest/globals';
import { InFlight } from './in-flight.js';

it('what is under way is counted, and awaited with what it starts', async () => {
  const work = new InFlight();
  let go = () => {};
  void work.add(async () => {
    await new Promise<void>((resolve) => (go = resolve));
    void work.add(async () => undefined);
  });
  expect(work.size).toBe(1);
  const settled = work.settled(5_000);
  await new Promise((resolve) => setImmediate(resolve));
  go();
  expect(await settled).toBe(0);
});

it('the wait ends at its limit, and says how many are left', async () => {
  const work = new InFlight();
  void work.add(() => new Promise(() => undefined));
  expect(await work.settled(20)).toBe(1);
});
