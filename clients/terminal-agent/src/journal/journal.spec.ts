import { spawnSync } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cause, ConnectionId, MAX_ONCE_PER_DAY, OrderId, RunId } from '@enishi/contracts';
import { sha256 } from '@enishi/crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Home } from '../home/home.js';
import { inWords } from './in-words.js';
import { Journal, MAX_IGNORED_PER_HOUR, MAX_SEGMENTS, readJournal } from './journal.js';
import { CHAIN_START, type OrderFacts, readSegment } from './journal-line.js';

let home: Home;
beforeEach(() => {
  home = new Home(mkdtempSync(join(tmpdir(), 'enishi-journal-')));
  home.make();
});
afterEach(() => rmSync(home.folder, { recursive: true, force: true }));

const order = (effect: 'read' | 'once' = 'read'): OrderFacts => ({
  orderId: OrderId.generate(),
  runId: RunId.generate(),
  connectionId: ConnectionId.generate(),
  step: 1,
  request: 'top',
  method: effect === 'once' ? 'POST' : 'GET',
  host: 'bank.example',
  path: '/top',
  effect,
  orderHash: sha256('order'),
  connectorHash: sha256('connector'),
  resultKey: 'aaa.bbb.ccc',
});
const answered = { kind: 'response', status: 200, durationMs: 12 } as const;
const segmentOf = (name = '000001.jsonl') => join(home.journalFolder, name);

/** Every fact the journal answers for these orders. */
const standings = (journal: Journal, orders: readonly OrderFacts[]) =>
  orders.map(({ orderId }) => [journal.find(orderId)?.state, journal.resultOf(orderId)]);

/** A short life: one order taken, one done, one delivered. */
function shortLife(): OrderFacts[] {
  const orders = [order('once'), order(), order()] as const;
  const journal = new Journal(home);
  for (const one of orders) journal.started(one);
  journal.done(orders[1], answered, 5, 'jwe-1');
  journal.done(orders[2], answered, 5, 'jwe-2');
  journal.delivered(orders[2].orderId);
  journal.close();
  return [...orders];
}

describe('the journal', () => {
  it('A3 knows after a restart what was taken, done and delivered, and keeps only results that are still wanted', () => {
    const orders = shortLife();
    const journal = new Journal(home);
    expect(standings(journal, orders)).toEqual([
      ['started', undefined],
      ['done', 'jwe-1'],
      ['settled', undefined],
    ]);
    expect(readdirSync(home.resultsFolder)).toEqual([`${orders[1]?.orderId}.jwe`]);
    expect(journal.breaks).toEqual([]);
    journal.close();
  });

  // prlimit(1) is of Linux.
  if (process.platform === 'linux')
    it('A3 a line that the disk took only half of is taken back, and the next line can be read after a kill', () => {
      const [first, torn, next] = [order(), order('once'), order('once')];
      // In a process of its own: the system takes 100 bytes of the line and refuses the rest. It dies without closing anything.
      const dist = (file: string) => JSON.stringify(new URL(`../../dist/${file}`, import.meta.url).href);
      const script = `
      import { Journal } from ${dist('journal/journal.js')};
      import { Home } from ${dist('home/home.js')};
      import { execFileSync } from 'node:child_process';
      import { statSync } from 'node:fs';
      process.on('SIGXFSZ', () => undefined);
      const limit = (bytes) => execFileSync('prlimit', ['--pid', String(process.pid), '--fsize=' + bytes + ':']);
      const journal = new Journal(new Home(${JSON.stringify(home.folder)}));
      const [first, torn, next] = ${JSON.stringify([first, torn, next])};
      journal.started(first);
      limit(statSync(${JSON.stringify(segmentOf())}).size + 100);
      let code = 'no failure';
      try { journal.started(torn); } catch (error) { code = error.code; }
      limit('unlimited');
      journal.started(next);
      process.stdout.write(code, () => process.kill(process.pid, 'SIGKILL'));
    `;
      const ended = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
      expect(ended).toMatchObject({ stderr: '', stdout: 'EFBIG', signal: 'SIGKILL' });
      const { lines, breaks } = readJournal(home.journalFolder);
      expect(lines.map((line) => (line.what === 'started' ? line.order.orderId : line.what))).toEqual([first.orderId, next.orderId]);
      expect(breaks).toEqual([]);
    });

  it('A3 writes no more when half a line could not be taken back, so that no order is followed', () => {
    const journal = new Journal(home);
    const handle = Reflect.get(journal, 'handle') as number;
    const reopen = (flags: string) => {
      closeSync(handle);
      const spare: number[] = [];
      for (let got = -1; got !== handle; ) spare.push((got = openSync(segmentOf(), flags)));
      for (const other of spare) if (other !== handle) closeSync(other);
    };
    reopen('r');
    expect(() => journal.started(order('once'))).toThrow(expect.objectContaining({ code: 'EBADF' }));
    reopen('a+');
    expect(() => journal.started(order('once'))).toThrow(expect.objectContaining({ code: 'terminal-agent.journal_broken' }));
    expect(statSync(segmentOf()).size).toBe(0);
    journal.close();
  });

  it('A3 goes on in the old segment when no new one can be opened', () => {
    const journal = new Journal(home, undefined, 10);
    journal.started(order());
    mkdirSync(segmentOf('000002.jsonl'));
    expect(() => journal.started(order())).toThrow(expect.objectContaining({ code: 'EISDIR' }));
    rmdirSync(segmentOf('000002.jsonl'));
    const last = order('once');
    journal.started(last);
    expect(readJournal(home.journalFolder).lines.at(-1)).toMatchObject({ what: 'started', order: { orderId: last.orderId } });
    journal.close();
  });

  it('A3 cut off at any byte reads as the lines before the cut', () => {
    shortLife();
    const whole = readFileSync(segmentOf());
    const { lines } = readSegment(whole, CHAIN_START);
    for (let length = 0; length <= whole.length; length++) {
      const cut = readSegment(whole.subarray(0, length), CHAIN_START);
      const feeds = whole.subarray(0, length).filter((byte) => byte === 0x0a).length;
      expect(cut.breaks).toEqual([]);
      expect(cut.lines).toEqual(lines.slice(0, cut.lineFeedMissing ? feeds + 1 : feeds));
      expect(cut.goodBytes).toBeLessThanOrEqual(length);
    }
  });

  it('A3 cut off anywhere on the disk opens, tells no more than was written, and goes on', () => {
    const orders = shortLife();
    const whole = readFileSync(segmentOf());
    const kept = join(home.folder, 'kept');
    cpSync(home.resultsFolder, kept, { recursive: true });
    const rank = { started: 1, done: 2, settled: 3 } as const;
    let before = [0, 0, 0];
    // Every byte of the last line, and a spread of those before.
    const lastLine = whole.lastIndexOf(0x0a, whole.length - 2);
    for (let length = 0; length <= whole.length; length += length < lastLine ? 61 : 1) {
      rmSync(home.journalFolder, { recursive: true });
      home.make();
      writeFileSync(segmentOf(), whole.subarray(0, length));
      cpSync(kept, home.resultsFolder, { recursive: true });
      const journal = new Journal(home);
      const now = orders.map(({ orderId }) => rank[journal.find(orderId)?.state as 'started'] ?? 0);
      // Longer never knows less, and every step is one that was really taken.
      for (const [index, reached] of now.entries()) expect(reached).toBeGreaterThanOrEqual(before[index] ?? 0);
      before = now;
      const next = order();
      journal.started(next);
      journal.close();
      const { lines, breaks } = readJournal(home.journalFolder);
      expect(breaks).toEqual([]);
      expect(lines.at(-1)).toMatchObject({ what: 'started', order: { orderId: next.orderId } });
    }
    expect(before).toEqual([1, 2, 3]);
  });

  it('A3 with garbage after its end (a torn write of zeros) opens and says how much was lost', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 50 }), (garbage) => {
        rmSync(home.journalFolder, { recursive: true });
        home.make();
        const orders = shortLife();
        const whole = readFileSync(segmentOf());
        writeFileSync(segmentOf(), Buffer.concat([whole, garbage]));
        const journal = new Journal(home);
        expect(standings(journal, orders).map(([state]) => state)).toEqual(['started', 'done', 'settled']);
        journal.close();
        expect(readJournal(home.journalFolder)).toMatchObject({
          breaks: [],
          lines: expect.arrayContaining([expect.objectContaining({ what: 'recovered', lostBytes: garbage.length })]),
        });
      }),
      { numRuns: 15 },
    );
  });

  it('notices every line that was removed, changed or moved, and keeps what can still be read', () => {
    shortLife();
    const lines = readFileSync(segmentOf(), 'utf8').trimEnd().split('\n');
    const tampered: string[][] = [
      ...lines.map((_line, index) => lines.toSpliced(index, 1)),
      ...lines.slice(0, -1).map((line, index) => lines.with(index, line.replace(/"at":"\d{4}/, '"at":"1999'))),
      ...lines.slice(1).map((line, index) => lines.toSpliced(index + 1, 1).toSpliced(index, 0, line)),
    ];
    for (const version of tampered) {
      writeFileSync(segmentOf(), `${version.join('\n')}\n`);
      expect(readJournal(home.journalFolder).breaks.length).toBeGreaterThan(0);
    }
    writeFileSync(segmentOf(), `${lines.with(2, 'garbage').join('\n')}\n`);
    const { lines: read, breaks } = readJournal(home.journalFolder);
    expect(read).toHaveLength(lines.length - 1);
    expect(breaks).toEqual([{ line: 3, what: 'the line cannot be read' }]);
  });

  it('still says so after it has gone on', () => {
    shortLife();
    const text = readFileSync(segmentOf(), 'utf8');
    writeFileSync(segmentOf(), text.slice(0, text.trimEnd().lastIndexOf('\n') + 1));
    const journal = new Journal(home);
    expect(journal.breaks).toEqual([{ line: 6, what: 'lines are missing at the end' }]);
    journal.started(order());
    journal.close();
    expect(readJournal(home.journalFolder).breaks).toEqual([{ line: 7, what: 'lines are missing' }]);
  });

  it('goes on in a new segment without forgetting what is open or was settled, and drops the oldest', () => {
    const first = order('once');
    const settled = order('once');
    const journal = new Journal(home, () => new Date(), 2_000);
    journal.started(first);
    journal.started(settled);
    journal.done(settled, answered, 5, 'jwe');
    journal.delivered(settled.orderId);
    for (let index = 0; index < 60; index++) {
      const one = order();
      journal.started(one);
      journal.done(one, answered, 5, 'jwe');
      journal.delivered(one.orderId);
    }
    journal.close();
    const segments = readdirSync(home.journalFolder).filter((name) => name.endsWith('.jsonl'));
    expect(segments).toHaveLength(MAX_SEGMENTS);
    expect(existsSync(segmentOf())).toBe(false);
    const reopened = new Journal(home);
    expect(reopened.breaks).toEqual([]);
    expect([reopened.find(first.orderId)?.state, reopened.find(settled.orderId)?.state]).toEqual(['started', 'settled']);
    reopened.close();
  });

  it('A3 counts a login before it is sent, and still after a kill and when the segment that tells of it is gone', () => {
    const connectionId = ConnectionId.generate();
    const login = () => ({ ...order('once'), connectionId });
    const firstDay = new Date('2026-11-25T01:00:00Z');
    const times = Array.from({ length: 4 }, (_, index) => new Date(firstDay.getTime() + index * 1_000));
    let clock = 0;
    let journal = new Journal(home, () => times[clock] ?? firstDay, 2_000);
    for (clock = 0; clock < 3; clock++) journal.started(login());
    // Killed here: nothing is closed, and what came of the logins nobody knows.
    journal = new Journal(home, () => times[clock] ?? firstDay, 2_000);
    journal.started(login());
    for (let index = 0; index < 60; index++) {
      const read = order();
      journal.started(read);
      journal.done(read, answered, 5, 'jwe');
      journal.delivered(read.orderId);
    }
    expect(existsSync(segmentOf())).toBe(false);
    journal.close();
    const reopened = new Journal(home);
    expect(reopened.onceBegun(connectionId)).toEqual(times.map((at) => at.toISOString()));
    expect(reopened.onceBegun(ConnectionId.generate())).toEqual([]);
    reopened.close();
  });

  it('A3 counts no login that certainly never left the PC, and each whose end is not certain', () => {
    const connectionId = ConnectionId.generate();
    const journal = new Journal(home);
    const endsAs = (outcome: Parameters<Journal['done']>[1]) => {
      const before = journal.onceBegun(connectionId).length;
      const login = { ...order('once'), connectionId };
      journal.started(login);
      journal.done(login, outcome, 0, 'jwe');
      return journal.onceBegun(connectionId).length - before;
    };
    const notSent: readonly Cause[] = [
      'AGENT_POLICY_REFUSED',
      'CERT_MISSING',
      'CERT_EXPIRED',
      'CERT_UNUSABLE',
      'CREDENTIALS_MISSING',
      'PC_NETWORK_DOWN',
      'PC_NETWORK_BLOCKED',
      'PC_DISK_FULL',
      'AGENT_FAILED',
      'BANK_TLS_CHANGED',
      'BANK_TLS_UNKNOWN',
      'BANK_DOWN',
      'BANK_TIMEOUT',
    ];
    for (const cause of Cause.options)
      expect([cause, endsAs({ kind: 'failed', cause, detail: 'x' })]).toEqual([cause, notSent.includes(cause) ? 0 : 1]);
    expect(endsAs(answered)).toBe(1);
    journal.close();
  });

  it('A3 takes no login off again by a refusal that comes later under its id, and counts an id that is begun twice as two', () => {
    let at = 0;
    const login = order('once');
    const journal = new Journal(home, () => new Date(at));
    const count = () => journal.onceBegun(login.connectionId).length;
    const refused = { kind: 'failed', cause: 'AGENT_POLICY_REFUSED', detail: 'x' } as const;
    journal.started(login);
    journal.done(login, answered, 5, 'jwe');
    journal.done(login, refused, 0, 'jwe');
    journal.delivered(login.orderId);
    journal.done(login, refused, 0, 'jwe');
    expect(count()).toBe(1);
    at = 7 * 3_600_000;
    journal.started(login);
    expect(count()).toBe(2);
    journal.done(login, refused, 0, 'jwe');
    expect(count()).toBe(1);
    journal.close();
  });

  it('remembers as many logins of a connection as any connector allows, and no more', () => {
    const connectionId = ConnectionId.generate();
    const journal = new Journal(home);
    for (let index = 0; index < MAX_ONCE_PER_DAY + 5; index++) journal.started({ ...order('once'), connectionId });
    expect(journal.onceBegun(connectionId)).toHaveLength(MAX_ONCE_PER_DAY);
    journal.close();
  });

  it('gives no result whose file is gone or was changed', () => {
    const orders = shortLife();
    const id = orders[1]?.orderId ?? OrderId.generate();
    writeFileSync(home.resultFile(id), 'other');
    const journal = new Journal(home);
    expect(journal.find(id)?.state).toBe('done');
    expect(journal.resultOf(id)).toBeUndefined();
    journal.close();
  });

  it('does not let a hostile relay fill the disk', () => {
    let hour = 0;
    const journal = new Journal(home, () => new Date(hour * 3_600_000));
    const note = () => journal.ignored(OrderId.generate(), 'check-signature', 'x'.repeat(2_000));
    for (let index = 0; index < MAX_IGNORED_PER_HOUR; index++) expect(note()).toBe(true);
    expect(note()).toBe(false);
    hour = 1;
    expect(note()).toBe(true);
    journal.close();
  });

  it('leaves a head of an older state alone: the head is a promise, not the journal', () => {
    const orders = shortLife();
    const head = join(home.journalFolder, 'head.json');
    copyFileSync(head, `${head}.old`);
    const journal = new Journal(home);
    journal.discarded(orders[1]?.orderId ?? OrderId.generate(), 'parser.result_refused');
    journal.close();
    copyFileSync(`${head}.old`, head);
    expect(readJournal(home.journalFolder).breaks).toEqual([]);
  });

  it('speaks in words: time, order, what was asked of whom, what came of it, how much', () => {
    const [, done] = shortLife();
    const words = readJournal(home.journalFolder).lines.map(inWords);
    expect(words).toHaveLength(6);
    expect(words[3]).toMatch(
      /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ {2}order order_.{26} \(step 1, top\): GET bank\.example\/top answered 200, 5 bytes in 12 ms$/,
    );
    expect(words[3]).toContain(done?.orderId);
  });
});
