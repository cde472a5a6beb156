import { expect, test } from '@jest/globals';
import { addressSet } from '@turnlog/tenants';
import { Socket } from 'node:net';
import { clientAddress, isForwarded } from './client-address.ts';

const proxies = addressSet(['10.0.0.0/8', 'fd00::/8']);

function addressOf(remoteAddress: string | undefined, forwardedFor?: string | string[]): string | undefined {
  const headers = forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor };
  const socket = Object.defineProperty(new Socket(), 'remoteAddress', { value: remoteAddress });
  return clientAddress({ socket, headers }, proxies);
}

test.each([
  ['8.8.8.8', undefined, '8.8.8.8'],
  ['::ffff:8.8.8.8', undefined, '8.8.8.8'],
  ['8.8.8.8', '203.0.113.7', '8.8.8.8'],
  ['10.0.0.1', undefined, '10.0.0.1'],
  ['10.0.0.1', '203.0.113.7', '203.0.113.7'],
  ['::ffff:10.0.0.1', '203.0.113.7', '203.0.113.7'],
  ['fd00::1', '2001:db8::7', '2001:db8::7'],
  ['10.0.0.1', '203.0.113.7, 8.8.8.8', '8.8.8.8'],
  ['10.0.0.1', '203.0.113.7,8.8.8.8,10.0.0.2', '8.8.8.8'],
  ['10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
  // A client on the address of its proxy has written the rest itself.
  ['10.0.0.1', '203.0.113.7, 10.0.0.1', '10.0.0.1'],
  ['10.0.0.1', '203.0.113.7, 10.0.0.2, 10.0.0.2', '10.0.0.2'],
  ['10.0.0.1', '203.0.113.7, unknown', undefined],
  ['10.0.0.1', '', undefined],
  ['10.0.0.1', '203.0.113.7:4711', undefined],
  ['10.0.0.1', 'unknown, 8.8.8.8', '8.8.8.8'],
  [undefined, '203.0.113.7', undefined],
])('a connection from %s with X-Forwarded-For %j is from %s', (remote, forwardedFor, expected) => {
  expect(addressOf(remote, forwardedFor)).toBe(expected);
});

test('a client on the address of its proxy can not choose its own address', () => {
  expect(addressOf('10.0.0.1', '203.0.113.7, 10.0.0.1')).toBe('10.0.0.1');
});

test('several headers are read as one', () => {
  expect(addressOf('10.0.0.1', ['203.0.113.7', '8.8.8.8'])).toBe('8.8.8.8');
});

test('any header of a proxy marks a request as forwarded', () => {
  expect(isForwarded({ headers: { via: '1.1 x' } })).toBe(true);
  expect(isForwarded({ headers: { host: 'x' } })).toBe(false);
});
