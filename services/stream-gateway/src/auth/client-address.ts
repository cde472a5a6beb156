import { plainAddress, type AddressSet } from '@turnlog/tenants';
import { type IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/**
 * The address that a request comes from, as far as it can be believed: of the hops in `X-Forwarded-For`, the right-most that
 * is none of the named proxies, and only where the connection itself is from one of them. What stands further left, anybody
 * may have written. A hop that is a proxy of this chain already is a client on that proxy's address: no proxy hands anything
 * on to itself. Undefined where a named proxy has handed on something that is no address.
 */
export function clientAddress(
  { socket, headers }: Pick<IncomingMessage, 'socket' | 'headers'>,
  proxies: AddressSet,
): string | undefined {
  let address = plainAddress(socket.remoteAddress ?? '');
  const seen = new Set<string>();
  for (const hop of forwardedHops(headers).reverse()) {
    if (!proxies.has(address) || seen.has(address)) break;
    seen.add(address);
    address = plainAddress(hop);
    if (isIP(address) === 0) return undefined;
  }
  return isIP(address) === 0 ? undefined : address;
}

/** Whether a request says that somebody else handed it on. */
export function isForwarded({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  return ['x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'forwarded', 'via'].some(
    (name) => headers[name] !== undefined,
  );
}

function forwardedHops(headers: IncomingMessage['headers']): string[] {
  const value = headers['x-forwarded-for'];
  const text = Array.isArray(value) ? value.join(',') : value;
  return text === undefined ? [] : text.split(',').map((hop) => hop.trim());
}
