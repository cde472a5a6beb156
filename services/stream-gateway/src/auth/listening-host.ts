import { addressSet } from '@turnlog/tenants';
import { type Gatekeeper } from './gatekeeper.ts';

const LOOPBACK = '127.0.0.1';
const LOOPBACK_ADDRESSES = addressSet(['127.0.0.0/8', '::1']);

/** Whether only this machine reaches what listens on a host. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || LOOPBACK_ADDRESSES.has(host);
}

/** Where to listen: on loopback until it is known that somebody can be told from everybody. */
export function listeningHost(host: string, { isClosed }: Pick<Gatekeeper, 'isClosed'>): string {
  return isLoopback(host) || isClosed ? host : LOOPBACK;
}
