/** Which addresses a bank may have: those of the public internet (RFC 6890 and the IANA special-purpose registries). */
import { isIPv4, isIPv6 } from 'node:net';

export type AddressKind = 'public' | 'loopback' | 'private' | 'forbidden';

function ipv4Bytes(text: string): number[] {
  return text.split('.').map(Number);
}

function ipv6Bytes(text: string): number[] {
  // An embedded IPv4 tail becomes two groups.
  const plain = text.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)/, (_all, a, b, c, d) =>
    [(Number(a) << 8) | Number(b), (Number(c) << 8) | Number(d)].map((group) => group.toString(16)).join(':'),
  );
  // An empty side of `::` is one group of zero.
  const [head = [], tail] = plain.split('::').map((side) => side.split(':').map((group) => Number(`0x0${group}`)));
  const groups = tail === undefined ? head : [...head, ...new Uint16Array(8 - head.length - tail.length), ...tail];
  return groups.flatMap((group) => [group >> 8, group & 0xff]);
}

function within(bytes: readonly number[], prefix: readonly number[], bits: number): boolean {
  for (let bit = 0; bit < bits; bit++) {
    const mask = 0x80 >> (bit & 7);
    if (((bytes[bit >> 3] ?? 0) & mask) !== ((prefix[bit >> 3] ?? 0) & mask)) return false;
  }
  return true;
}

const IPV4: readonly (readonly [string, number, AddressKind])[] = [
  ['127.0.0.0', 8, 'loopback'],
  ['10.0.0.0', 8, 'private'],
  ['172.16.0.0', 12, 'private'],
  ['192.168.0.0', 16, 'private'],
  ['0.0.0.0', 8, 'forbidden'], // this network
  ['100.64.0.0', 10, 'forbidden'], // carrier-grade NAT
  ['169.254.0.0', 16, 'forbidden'], // link-local, and where clouds keep their machines' secrets
  ['192.0.0.0', 24, 'forbidden'], // protocol assignments
  ['192.0.2.0', 24, 'forbidden'], // documentation
  ['192.88.99.0', 24, 'forbidden'], // 6to4 relay
  ['198.18.0.0', 15, 'forbidden'], // benchmarks
  ['198.51.100.0', 24, 'forbidden'], // documentation
  ['203.0.113.0', 24, 'forbidden'], // documentation
  ['224.0.0.0', 3, 'forbidden'], // multicast, reserved, broadcast
];

const IPV6: readonly (readonly [string, number, AddressKind])[] = [
  ['::1', 128, 'loopback'],
  ['fc00::', 7, 'private'],
  ['2001::', 23, 'forbidden'], // protocol assignments, Teredo
  ['2001:db8::', 32, 'forbidden'], // documentation
  ['2002::', 16, 'forbidden'], // 6to4: hides an IPv4 address
  ['3fff::', 20, 'forbidden'], // documentation
];

function classifyIpv4(bytes: readonly number[]): AddressKind {
  return IPV4.find(([prefix, bits]) => within(bytes, ipv4Bytes(prefix), bits))?.[2] ?? 'public';
}

/** What kind of address this is; text that is no address is `forbidden`. */
export function classifyAddress(address: string): AddressKind {
  if (isIPv4(address)) return classifyIpv4(ipv4Bytes(address));
  // A zone (fe80::1%eth0) is link-local.
  if (!isIPv6(address) || address.includes('%')) return 'forbidden';
  const bytes = ipv6Bytes(address);
  // IPv4-mapped ::ffff:0:0/96 and NAT64 64:ff9b::/96 lead to the IPv4 address within.
  if (within(bytes, ipv6Bytes('::ffff:0:0'), 96) || within(bytes, ipv6Bytes('64:ff9b::'), 96)) return classifyIpv4(bytes.slice(12));
  const special = IPV6.find(([prefix, bits]) => within(bytes, ipv6Bytes(prefix), bits));
  if (special) return special[2];
  // Only 2000::/3 is global unicast; the rest is special, multicast or not given out.
  return within(bytes, ipv6Bytes('2000::'), 3) ? 'public' : 'forbidden';
}

/** Loopback and private addresses only for a development connector under a development root; the forbidden ones never. */
export function mayConnectTo(address: string, development: boolean): boolean {
  const kind = classifyAddress(address);
  return kind === 'public' || (development && (kind === 'loopback' || kind === 'private'));
}
