import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RunId } from '@enishi/contracts';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Home } from '../home/home.js';
import { FileKeyProvider } from '../vault/key-provider.js';
import { Vault } from '../vault/vault.js';
import { CookieJars, JAR_LIFE_MS, MAX_COOKIES_PER_ANSWER, takeCookies } from './cookie-jars.js';

let home: Home;
let jars: CookieJars;
const url = new URL('https://bank.example/ib/login');
beforeEach(async () => {
  home = new Home(mkdtempSync(join(tmpdir(), 'enishi-jars-')));
  home.make();
  jars = new CookieJars(home, await Vault.open(home, new FileKeyProvider(home.vaultKeyFile), { make: true }));
});
afterEach(() => rmSync(home.folder, { recursive: true, force: true }));

/** What the bank would be sent after it set these. */
function sentBack(setCookie: readonly string[], to = url): string {
  const runId = RunId.generate();
  const jar = jars.open(runId);
  takeCookies(jar, setCookie, url);
  jars.save(runId, jar);
  return jars.open(runId).getCookieStringSync(to.href);
}

describe('the cookies of a run', () => {
  it('A3 go back to the bank as it set them, also after a restart', () => {
    expect(sentBack(['SID=abc; Path=/; Secure; HttpOnly', 'lang=ja; Path=/'])).toBe('SID=abc; lang=ja');
    expect(sentBack(['SID=abc; Path=/other'])).toBe('');
    expect(sentBack(['SID=abc', 'SID=; Max-Age=0'])).toBe('');
  });

  it('A3 are left out when they break the rules', () => {
    expect(
      sentBack([
        'a=1; Domain=evil.example',
        'b=2; Domain=example',
        '__Host-c=3; Domain=bank.example; Secure; Path=/',
        'not a cookie',
        'd=4',
      ]),
    ).toBe('d=4');
    const jar = jars.open(RunId.generate());
    takeCookies(jar, ['a=1; Domain=co.jp', 'b=2; Domain=bank.co.jp'], new URL('https://www.bank.co.jp/'));
    expect(jar.serializeSync()?.cookies.map(({ key }) => key)).toEqual(['b']);
    const many = Array.from({ length: MAX_COOKIES_PER_ANSWER + 10 }, (_, index) => `c${index}=x`);
    expect(sentBack(many).split('; ')).toHaveLength(MAX_COOKIES_PER_ANSWER);
  });

  it('A3 belong to one run: another run has its own, and a jar put in its place is not opened', () => {
    const [one, two] = [RunId.generate(), RunId.generate()];
    const jar = jars.open(one);
    takeCookies(jar, ['SID=canary'], url);
    jars.save(one, jar);
    expect(jars.open(two).getCookieStringSync(url.href)).toBe('');
    copyFileSync(home.jarFile(one), home.jarFile(two));
    expect(jars.open(two).getCookieStringSync(url.href)).toBe('');
    expect(readFileSync(home.jarFile(one)).includes('canary')).toBe(false);
  });

  it('go when no run can need them any more', () => {
    expect(JAR_LIFE_MS).toBeGreaterThan(60 * 60_000);
    const [old, last, young] = [RunId.generate(), RunId.generate(), RunId.generate()];
    for (const runId of [old, last, young]) jars.save(runId, jars.open(runId));
    // Whole seconds: every file system keeps these.
    const now = new Date('2026-06-01T12:00:00Z');
    for (const [runId, ageMs] of [
      [old, JAR_LIFE_MS + 1_000],
      [last, JAR_LIFE_MS],
      [young, 0],
    ] as const) {
      const changed = new Date(now.getTime() - ageMs);
      utimesSync(home.jarFile(runId), changed, changed);
    }
    jars.removeOld(now);
    expect([old, last, young].map((runId) => existsSync(home.jarFile(runId)))).toEqual([false, true, true]);
  });
});
