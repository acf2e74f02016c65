import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { classifyAddress, mayConnectTo } from './addresses.js';

describe('addresses of a bank (RFC 6890)', () => {
  it.each([
    '93.184.215.14',
    '8.8.8.8',
    '1.1.1.1',
    '172.15.255.255',
    '172.32.0.1',
    '2606:4700:4700::1111',
    '2400:cb00::1',
    '::ffff:8.8.8.8',
    '64:ff9b::808:808',
  ])('%s is public', (address) => expect(classifyAddress(address)).toBe('public'));

  it.each(['127.0.0.1', '127.255.255.254', '::1', '::ffff:127.0.0.1', '::ffff:7f00:1', '0:0:0:0:0:0:0:1', '64:ff9b::7f00:1'])(
    'A3 %s is loopback, in whatever way it is written',
    (address) => expect(classifyAddress(address)).toBe('loopback'),
  );

  it.each(['10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.1.1', 'fc00::1', 'fdff::1', '::ffff:192.168.0.1', '::ffff:a00:1'])(
    'A3 %s is private',
    (address) => expect(classifyAddress(address)).toBe('private'),
  );

  it.each([
    '0.0.0.0',
    '0.1.2.3',
    '100.64.0.1',
    '169.254.169.254',
    '192.0.0.8',
    '192.0.2.1',
    '192.88.99.1',
    '198.18.0.1',
    '198.51.100.1',
    '203.0.113.1',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::ffff:169.254.169.254',
    'fe80::1',
    'fe80::1%eth0',
    '2606:4700::1%eth0',
    '2606:4700',
    '::ffff:192.0.2.10',
    'fec0::1',
    'ff02::1',
    '100::1',
    '2001::1',
    '2001:db8::1',
    '2002:7f00:1::1',
    '3fff::1',
    '5f00::1',
    '64:ff9b:1::1',
    '4000::1',
    '::7f00:1',
    '',
    'localhost',
    '127.1',
    '0x7f000001',
    '2130706433',
    '127.0.0.1 ',
    '[::1]',
  ])('A3 %j is never connected to, not even for development', (address) => {
    expect(classifyAddress(address)).toBe('forbidden');
    expect(mayConnectTo(address, true)).toBe(false);
  });

  it('A3 loopback and private ones only for development, public ones always', () => {
    expect([mayConnectTo('127.0.0.1', true), mayConnectTo('127.0.0.1', false)]).toEqual([true, false]);
    expect([mayConnectTo('192.168.1.1', true), mayConnectTo('192.168.1.1', false)]).toEqual([true, false]);
    expect(mayConnectTo('8.8.8.8', false)).toBe(true);
  });

  it('A3 an IPv4 address is judged the same when it is mapped into IPv6', () => {
    fc.assert(fc.property(fc.ipV4(), (address) => expect(classifyAddress(`::ffff:${address}`)).toBe(classifyAddress(address))));
  });

  it('A3 any spelling of an IPv6 address is judged the same', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 }), (groups) => {
        const plain = groups.map((group) => group.toString(16)).join(':');
        const padded = groups.map((group) => group.toString(16).padStart(4, '0').toUpperCase()).join(':');
        const short = new URL(`http://[${plain}]`).hostname.slice(1, -1);
        expect([classifyAddress(padded), classifyAddress(short)]).toEqual([classifyAddress(plain), classifyAddress(plain)]);
      }),
    );
  });
});
