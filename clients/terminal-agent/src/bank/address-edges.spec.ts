/** First and last address of every special block of the IANA registries, and what lies right beside it. */
import { describe, expect, it } from '@jest/globals';
import { classifyAddress, mayConnectTo } from './addresses.js';

const END = 'ffff:ffff:ffff:ffff:ffff:ffff';

describe('A3 a block of special addresses', () => {
  it.each([
    ['0.0.0.0', '0.255.255.255', 'forbidden', null, '1.0.0.0'],
    ['10.0.0.0', '10.255.255.255', 'private', '9.255.255.255', '11.0.0.0'],
    ['100.64.0.0', '100.127.255.255', 'forbidden', '100.63.255.255', '100.128.0.0'],
    ['127.0.0.0', '127.255.255.255', 'loopback', '126.255.255.255', '128.0.0.0'],
    ['169.254.0.0', '169.254.255.255', 'forbidden', '169.253.255.255', '169.255.0.0'],
    ['172.16.0.0', '172.31.255.255', 'private', '172.15.255.255', '172.32.0.0'],
    ['192.0.0.0', '192.0.0.255', 'forbidden', '191.255.255.255', '192.0.1.0'],
    ['192.0.2.0', '192.0.2.255', 'forbidden', '192.0.1.255', '192.0.3.0'],
    ['192.88.99.0', '192.88.99.255', 'forbidden', '192.88.98.255', '192.88.100.0'],
    ['192.168.0.0', '192.168.255.255', 'private', '192.167.255.255', '192.169.0.0'],
    ['198.18.0.0', '198.19.255.255', 'forbidden', '198.17.255.255', '198.20.0.0'],
    ['198.51.100.0', '198.51.100.255', 'forbidden', '198.51.99.255', '198.51.101.0'],
    ['203.0.113.0', '203.0.113.255', 'forbidden', '203.0.112.255', '203.0.114.0'],
    ['224.0.0.0', '255.255.255.255', 'forbidden', '223.255.255.255', null],
    ['::', `1fff:ffff:${END}`, 'forbidden', null, '2000::'],
    ['2001::', `2001:1ff:${END}`, 'forbidden', `2000:ffff:${END}`, '2001:200::'],
    ['2001:db8::', `2001:db8:${END}`, 'forbidden', `2001:db7:${END}`, '2001:db9::'],
    ['2002::', `2002:ffff:${END}`, 'forbidden', `2001:ffff:${END}`, '2003::'],
    ['3fff::', `3fff:fff:${END}`, 'forbidden', `3ffe:ffff:${END}`, '3fff:1000::'],
    ['4000::', `fbff:ffff:${END}`, 'forbidden', null, null],
    ['fc00::', `fdff:ffff:${END}`, 'private', null, null],
    ['fe00::', `ffff:ffff:${END}`, 'forbidden', null, null],
  ] as const)('from %s to %s is %s, and no more than that', (first, last, kind, before, after) => {
    for (const inside of [first, last]) expect([inside, classifyAddress(inside)]).toEqual([inside, kind]);
    for (const beside of [before, after]) if (beside !== null) expect([beside, classifyAddress(beside)]).toEqual([beside, 'public']);
  });

  it('is the same inside of IPv6, and only the very prefix leads to an IPv4 address', () => {
    for (const prefix of ['::ffff:', '64:ff9b::']) {
      expect(classifyAddress(`${prefix}8.8.8.8`)).toBe('public');
      expect(classifyAddress(`${prefix}10.0.0.1`)).toBe('private');
      expect(classifyAddress(`${prefix}255.255.255.255`)).toBe('forbidden');
    }
    for (const other of ['::fffe:8.8.8.8', '::1:ffff:8.8.8.8', '64:ff9a::8.8.8.8', '64:ff9b::1:8.8.8.8', '::2', '1::1', '::8.8.8.8'])
      expect([other, classifyAddress(other)]).toEqual([other, 'forbidden']);
  });

  it('has one loopback address of IPv6, for development', () => {
    expect([classifyAddress('::1'), mayConnectTo('::1', true), mayConnectTo('::1', false)]).toEqual(['loopback', true, false]);
  });
});
