/** A name in a certificate as its parts (RFC 4514): two prints of one name need not be the same text. */

interface Attribute {
  /** Lower case, and one spelling for each type. */
  readonly type: string;
  readonly value: string;
}
type Rdn = readonly Attribute[];
/** As in the certificate: the widest part (country) first. */
export type DistinguishedName = readonly Rdn[];

/** Types that a connector may name in words (RFC 4514 §3, RFC 4519, and what OpenSSL prints); any other by its dotted number. */
const TYPES: Readonly<Record<string, string>> = {
  cn: 'cn',
  commonname: 'cn',
  '2.5.4.3': 'cn',
  o: 'o',
  organizationname: 'o',
  '2.5.4.10': 'o',
  ou: 'ou',
  organizationalunitname: 'ou',
  '2.5.4.11': 'ou',
  c: 'c',
  countryname: 'c',
  '2.5.4.6': 'c',
  l: 'l',
  localityname: 'l',
  '2.5.4.7': 'l',
  st: 'st',
  s: 'st',
  stateorprovincename: 'st',
  '2.5.4.8': 'st',
  street: 'street',
  '2.5.4.9': 'street',
  dc: 'dc',
  domaincomponent: 'dc',
  '0.9.2342.19200300.100.1.25': 'dc',
  uid: 'uid',
  userid: 'uid',
  '0.9.2342.19200300.100.1.1': 'uid',
  serialnumber: 'serialnumber',
  '2.5.4.5': 'serialnumber',
  emailaddress: 'emailaddress',
  email: 'emailaddress',
  e: 'emailaddress',
  '1.2.840.113549.1.9.1': 'emailaddress',
  organizationidentifier: 'organizationidentifier',
  '2.5.4.97': 'organizationidentifier',
};
const DOTTED = /^\d+(?:\.\d+)+$/;

/** Cuts at a separator that no backslash stands before. */
function cut(text: string, separator: string): string[] {
  const parts = [''];
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === separator) parts.push('');
    else if (char === '\\') parts.push(`${parts.pop()}${char}${text.charAt(++at)}`);
    else parts.push(`${parts.pop()}${char}`);
  }
  return parts;
}

/** One character, or one escape: `\,` is a comma, `\E5` a byte of UTF-8. */
const PIECE = /\\([0-9a-f]{2})|\\(.)|([^\\])/giu;

/** Takes the escapes away. Blanks around are no part of a value, unless they are escaped. Null when it cannot be read. */
function plainValue(text: string): string | null {
  const bare = text.trimStart();
  const pieces = [...bare.matchAll(PIECE)];
  if (pieces.reduce((length, [whole]) => length + whole.length, 0) !== bare.length) return null;
  while (pieces.at(-1)?.[3]?.trim() === '') pieces.pop();
  const bytes = pieces.map(([, pair, escaped, plain]) =>
    pair === undefined ? Buffer.from(escaped ?? plain ?? '') : Buffer.from(pair, 'hex'),
  );
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(bytes));
  } catch {
    return null;
  }
}

function attributeOf(text: string, isKnown: (type: string) => boolean): Attribute | null {
  const equals = text.indexOf('=');
  const word = text.slice(0, Math.max(0, equals)).trim().toLowerCase();
  const value = plainValue(text.slice(equals + 1));
  return isKnown(word) && value !== null && value !== '' ? { type: TYPES[word] ?? word, value } : null;
}

function rdnsOf(parts: readonly string[], isKnown: (type: string) => boolean): DistinguishedName | null {
  const rdns = parts.map((part) => cut(part, '+').map((attribute) => attributeOf(attribute, isKnown)));
  return rdns.every((rdn): rdn is Attribute[] => !rdn.includes(null)) ? rdns : null;
}

/** A name as RFC 4514 writes it, the narrowest part first: `CN=Bank\, Inc. CA,O=Bank,C=JP`. Null when it is not written so. */
export function parseName(text: string): DistinguishedName | null {
  return rdnsOf(cut(text, ','), (type) => Object.hasOwn(TYPES, type) || DOTTED.test(type))?.toReversed() ?? null;
}

/** A name as Node prints it: the widest part first, one a line, values escaped as in RFC 2253. An attribute that cannot be read is left out. */
export function parsePrintedName(text: string): DistinguishedName {
  return text.split('\n').flatMap((line) => rdnsOf([line], (type) => type !== '') ?? []);
}

/** RFC 5280 §7.1: letters' size and the number of blanks do not tell two names apart. */
const folded = (value: string) => value.normalize('NFKC').toLowerCase().trim().replace(/\s+/gu, ' ');
const isSame = (a: Attribute, b: Attribute) => a.type === b.type && folded(a.value) === folded(b.value);
const isSameRdn = (a: Rdn, b: Rdn) => a.length === b.length && a.every((one) => b.some((other) => isSame(one, other)));

/**
 * Whether an issuer is the one that a connector asks for.
 * @param asked a name by RFC 4514, of which each part must be in the issuer, in the same order; any other text is a common name
 */
export function isIssuer(asked: string, issuer: DistinguishedName): boolean {
  const name = parseName(asked);
  if (!name) return issuer.flat().some((attribute) => isSame(attribute, { type: 'cn', value: asked }));
  let at = 0;
  return name.every((rdn) => {
    const found = issuer.findIndex((other, index) => index >= at && isSameRdn(rdn, other));
    at = found + 1;
    return found !== -1;
  });
}

/** For people: the common name; without one, the whole name. */
export function nameInWords(name: DistinguishedName): string {
  return (
    name.flat().find(({ type }) => type === 'cn')?.value ??
    name
      .flat()
      .map(({ type, value }) => `${type.toUpperCase()}=${value}`)
      .join(', ')
  );
}
