/** The bank's cookies, one jar per run: two runs never share a session, and a crash does not lose one. */
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { RunId } from '@enishi/contracts';
import { CookieJar } from 'tough-cookie';
import { writeDurably } from '../home/durable-file.js';
import type { Home } from '../home/home.js';
import type { Vault } from '../vault/vault.js';

/** Longer than any run lives (60 minutes). */
export const JAR_LIFE_MS = 6 * 3_600_000;
/** A bank that sets more than this has lost its way. */
export const MAX_COOKIES_PER_ANSWER = 50;

export class CookieJars {
  constructor(
    private readonly home: Home,
    private readonly vault: Vault,
  ) {}

  /** The jar of this run; an empty one when there is none or it cannot be opened (then the bank asks to log in again). */
  open(runId: RunId): CookieJar {
    try {
      const sealed = readFileSync(this.home.jarFile(runId));
      return CookieJar.deserializeSync(this.vault.unseal(sealed, `jar ${runId}`).toString());
    } catch {
      // Cookies are the bank's to give again, and no data of the user are lost with them.
      return new CookieJar(undefined, {
        rejectPublicSuffixes: true,
        allowSpecialUseDomain: true,
        looseMode: false,
        prefixSecurity: 'strict',
      });
    }
  }

  save(runId: RunId, jar: CookieJar): void {
    writeDurably(this.home.jarFile(runId), this.vault.seal(Buffer.from(JSON.stringify(jar.serializeSync())), `jar ${runId}`));
  }

  removeOld(now: Date): void {
    for (const name of readdirSync(this.home.jarsFolder)) {
      const file = join(this.home.jarsFolder, name);
      if (now.getTime() - statSync(file).mtimeMs > JAR_LIFE_MS) rmSync(file);
    }
  }
}

/** Takes what the answer sets. A cookie that breaks the rules (another domain, a wrong prefix) is left out. */
export function takeCookies(jar: CookieJar, setCookie: readonly string[], url: URL): void {
  for (const cookie of setCookie.slice(0, MAX_COOKIES_PER_ANSWER)) jar.setCookieSync(cookie, url.href, { ignoreError: true });
}
