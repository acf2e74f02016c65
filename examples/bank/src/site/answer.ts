/** One answer of the site, before it goes on the wire. */
import iconv from 'iconv-lite';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: Buffer;
}

export const SESSION_COOKIE = 'TBSID';

/** A page in Shift_JIS. */
export function html(status: number, text: string, cookies: string[] = []): Answer {
  return {
    status,
    headers: { 'content-type': 'text/html; charset=Shift_JIS', ...setCookies(cookies) },
    body: iconv.encode(text, 'shift_jis'),
  };
}

export function redirect(location: string, cookies: string[] = []): Answer {
  return {
    status: 302,
    headers: { location, 'content-type': 'text/html; charset=Shift_JIS', ...setCookies(cookies) },
    body: Buffer.alloc(0),
  };
}

export function attachment(name: string, type: string, body: Buffer): Answer {
  return { status: 200, headers: { 'content-type': type, 'content-disposition': `attachment; filename="${name}"` }, body };
}

export function sessionCookie(id: string): string {
  return `${SESSION_COOKIE}=${id}; Path=/ib; Secure; HttpOnly; SameSite=Lax`;
}

export function endOfSessionCookie(): string {
  return `${SESSION_COOKIE}=; Path=/ib; Max-Age=0; Secure; HttpOnly; SameSite=Lax`;
}

function setCookies(cookies: string[]): Record<string, string[]> {
  return cookies.length > 0 ? { 'set-cookie': cookies } : {};
}
