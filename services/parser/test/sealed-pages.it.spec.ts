/** The operator's program for sealed pages, as operators run it, on pages that a parser has accepted. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OrderId } from '@enishi/contracts';
import { generateSealingKey, sha256 } from '@enishi/crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { HTML, Run, Stage, sample } from './stage.js';

const PROGRAM = join(import.meta.dirname, '..', 'dist', 'sealed-pages', 'cli.js');
/** A page that the connector does not know, with text of which nothing may be said. */
const STRANGE = Buffer.from('<html><body><h1>メンテナンス canary-of-the-page 1,234,567円</h1></body></html>\r\n\0\xff', 'latin1');

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
  // No sweep while the tests run: an expired page is gone for the operator before it is swept.
  await stage.startParser({ SWEEP_INTERVAL_MS: '3600000' });
}, 60_000);
afterAll(async () => stage?.close(), 60_000);

interface Answer {
  code: number;
  out: Record<string, unknown>[];
  said: string;
}
function program(args: string[], extra: Record<string, string> = {}): Promise<Answer> {
  const { DATABASE_URL = '', RESULT_KEY_FILE = '' } = stage.environment();
  return new Promise((resolve) => {
    execFile(process.execPath, [PROGRAM, ...args], { env: { DATABASE_URL, RESULT_KEY_FILE, ...extra } }, (error, stdout, stderr) => {
      const lines = stdout.split('\n').filter((line) => line !== '');
      resolve({ code: Number(error?.code ?? 0), out: lines.map((line) => JSON.parse(line)), said: stdout + stderr });
    });
  });
}
const newFile = (name: string) => join(stage.platform.dir, name);
const strange = () => stage.answer(new Run(), 'accounts', STRANGE, 'text/html');

describe('an operator lists sealed pages', () => {
  it('A4 by what is known without opening them, newest first, and those that no connector knows on their own', async () => {
    const known = await stage.answer(new Run(), 'accounts', sample('accounts.html'), HTML);
    const unknown = await strange();
    const all = await program(['list'], { RESULT_KEY_FILE: '' });
    expect(all.code).toBe(0);
    expect(all.out.map((page) => page.orderId)).toEqual([unknown.orderId, known.orderId]);
    const [first, second] = all.out;
    expect(second).toMatchObject({ page: 'accounts', cause: null, connector: 'tsubame-bank', runId: known.runId });
    expect(first).toMatchObject({ page: 'UNKNOWN_PAGE', cause: 'UNKNOWN_PAGE', request: 'accounts' });
    expect(first?.sealedBytes).toBeGreaterThan(STRANGE.length);
    const life = Date.parse(String(first?.expiresAt)) - Date.parse(String(first?.receivedAt));
    expect(Math.round(life / 86_400_000)).toBe(7);
    expect((await program(['list', '--unknown'])).out.map((page) => page.orderId)).toEqual([unknown.orderId]);
  });

  it('A2 without a word of their content', async () => {
    const { orderId } = await strange();
    const { said } = await program(['list']);
    expect(said).toContain(orderId);
    expect(said).not.toContain('canary');
    const [{ sealed }] = (await stage.sql.query('SELECT sealed FROM received_pages WHERE order_id = $1', [orderId])).rows;
    expect(said).not.toContain(sealed.slice(0, 60));
  });
});

describe('an operator opens a sealed page', () => {
  it('A2 and has the bytes that the bank sent, in a file of his own; the page is never printed, and the opening is told', async () => {
    const { orderId, runId } = await strange();
    const out = newFile('opened');
    const { code, out: lines, said } = await program(['open', orderId, '--out', out]);
    expect({ code, lines }).toEqual({
      code: 0,
      lines: [{ orderId, status: 200, contentType: 'text/html', bytes: STRANGE.length, hash: sha256(STRANGE) }],
    });
    expect(readFileSync(out).equals(STRANGE)).toBe(true);
    expect(statSync(out).mode & 0o777).toBe(0o600);
    expect(said).not.toContain('canary');
    const told = said.split('\n').filter((line) => line.includes('was opened by an operator'));
    expect(told).toHaveLength(1);
    expect(JSON.parse(told[0] ?? '')).toMatchObject({ orderId, runId, bytes: STRANGE.length });
  });

  it('never over a file that is there, nor through a link', async () => {
    const { orderId } = await strange();
    const there = newFile('there');
    writeFileSync(there, 'mine');
    const link = newFile('link');
    symlinkSync(newFile('nowhere'), link);
    for (const out of [there, link]) {
      const { code, said } = await program(['open', orderId, '--out', out]);
      expect(code).toBe(1);
      expect(said).toContain('not overwritten');
      expect(said).not.toContain('was opened');
    }
    expect(readFileSync(there, 'utf8')).toBe('mine');
    expect(existsSync(newFile('nowhere'))).toBe(false);
  });

  const nothingFrom = async (orderId: string, extra: Record<string, string> = {}) => {
    const out = newFile(`nothing-${orderId}`);
    const { code, said } = await program(['open', orderId, '--out', out], extra);
    expect(existsSync(out)).toBe(false);
    expect(said).not.toContain('was opened');
    expect(said).not.toContain('canary');
    return { code, said };
  };

  it('A2 not without the key: another one opens nothing, and none is a mistake in the settings', async () => {
    const { orderId } = await strange();
    const other = newFile('other.key.json');
    writeFileSync(other, JSON.stringify(generateSealingKey().privateJwk), { mode: 0o600 });
    expect(await nothingFrom(orderId, { RESULT_KEY_FILE: other })).toMatchObject({
      code: 1,
      said: expect.stringContaining('crypto.cannot_open'),
    });
    expect(await nothingFrom(orderId, { RESULT_KEY_FILE: '' })).toMatchObject({
      code: 78,
      said: expect.stringContaining('RESULT_KEY_FILE is not set'),
    });
    writeFileSync(newFile('bad.key'), 'canary-secret');
    expect(await nothingFrom(orderId, { RESULT_KEY_FILE: newFile('bad.key') })).toMatchObject({ code: 78 });
  });

  it('A2 not when it was changed in the database', async () => {
    const [one, two] = [await strange(), await stage.answer(new Run(), 'accounts', sample('accounts.html'), HTML)];
    await stage.sql.query(
      'UPDATE received_pages SET sealed = (SELECT sealed FROM received_pages WHERE order_id = $2) WHERE order_id = $1',
      [one.orderId, two.orderId],
    );
    expect(await nothingFrom(one.orderId)).toMatchObject({ code: 1, said: expect.stringContaining('not the one that was accepted') });
  });

  it('not after its time, although it is not swept yet, and not one that never was', async () => {
    const { orderId } = await strange();
    await stage.sql.query("UPDATE received_pages SET expires_at = now() - interval '1 second' WHERE order_id = $1", [orderId]);
    expect((await program(['list'])).said).not.toContain(orderId);
    expect(await nothingFrom(orderId)).toMatchObject({ code: 1, said: expect.stringContaining('no sealed page') });
    expect(await nothingFrom(OrderId.generate())).toMatchObject({ code: 1 });
  });

  it('not when the bank sent no answer: the cause is said', async () => {
    const run = new Run();
    const order = stage.order(run, 'loginSubmit');
    const outcome = { kind: 'failed' as const, cause: 'CERT_EXPIRED' as const, detail: 'certificate: not valid any more' };
    await stage.accept(order, await stage.sealed(order, run, new Uint8Array(), { change: { outcome } }));
    expect(await nothingFrom(order.orderId)).toMatchObject({ code: 1, said: expect.stringContaining('CERT_EXPIRED') });
  });
});

describe('wrong use', () => {
  it.each([
    [[]],
    [['open']],
    [['open', 'no-order', '--out', 'x']],
    [['list', 'more']],
    [['list', '--page']],
    [['open', OrderId.generate()]],
  ])('%# is told how it goes, exit 2', async (args) => {
    const { code, said } = await program(args);
    expect(code).toBe(2);
    expect(said).toContain('usage:');
  });
});
