/** Forms and cookies as browsers of this bank send them. */
import iconv from 'iconv-lite';

/** application/x-www-form-urlencoded in Shift_JIS. A field given twice counts once, with its first value. */
export function readForm(body: Buffer): ReadonlyMap<string, string> {
  const form = new Map<string, string>();
  for (const pair of body.toString('latin1').split('&')) {
    const at = pair.indexOf('=');
    const [name, value] = at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
    if (name && !form.has(decode(name))) form.set(decode(name), decode(value));
  }
  return form;
}

function decode(text: string): string {
  const bytes = text.replaceAll('+', ' ').replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return iconv.decode(Buffer.from(bytes, 'latin1'), 'shift_jis');
}

export function readCookie(header: string | undefined, name: string): string | undefined {
  for (const pair of (header ?? '').split(';')) {
    const at = pair.indexOf('=');
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim();
  }
  return undefined;
}
