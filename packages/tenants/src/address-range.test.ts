import { expect, test } from '@jest/globals';
import { addressSet, isAddressRange, plainAddress } from './address-range.ts';

test.each(['10.0.0.0/8', '203.0.113.7', '0.0.0.0/0', '::1', '2001:db8::/32', '::/0'])(
  '%s is a range of addresses',
  (text) => {
    expect(isAddressRange(text)).toBe(true);
  },
);

test.each(['', '10.0.0.0/33', '2001:db8::/129', '10.0.0/8', 'localhost', '10.0.0.0/', '10.0.0.0/-1', '*'])(
  '%j is not a range of addresses',
  (text) => {
    expect(isAddressRange(text)).toBe(false);
    expect(() => addressSet([text])).toThrow(RangeError);
  },
);

test('an address is in a set if one of the ranges contains it', () => {
  const set = addressSet(['10.1.0.0/16', '203.0.113.7', '2001:db8::/32']);
  const inside = ['10.1.255.255', '203.0.113.7', '2001:db8:ffff::1', '::ffff:10.1.2.3', '2001:db8::1%eth0'];
  expect(inside.filter((address) => !set.has(address))).toEqual([]);
  const outside = [
    '10.2.0.0',
    '203.0.113.8',
    '2001:db9::1',
    'unknown',
    '',
    '10.1.0.0/16',
    '10.1.0.0, 10.1.0.1',
  ];
  expect(outside.filter((address) => set.has(address))).toEqual([]);
});

test('an empty set contains no address', () => {
  expect(addressSet([]).has('127.0.0.1')).toBe(false);
});

test('a range of all IPv4 addresses contains no IPv6 address', () => {
  expect(addressSet(['0.0.0.0/0']).has('::1')).toBe(false);
});

test.each([
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['fe80::1%eth0', 'fe80::1'],
  ['192.0.2.1', '192.0.2.1'],
])('%s is plainly %s', (address, plain) => {
  expect(plainAddress(address)).toBe(plain);
});
