import { plainAddress, type AddressSet } from '@turnlog/tenants';
import { type IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/**
 * The address that a request comes from, as far as it can be trusted: the right-most hop in `X-Forwarded-For` that is not one
 * of the proxies, and only if the connection itself is from a proxy; any client can write the hops further left. A proxy never
 * forwards to itself, so the second hop with its address is a client on it. Undefined if a proxy forwarded something that is
 * not an address.
 */
export function clientAddress(
  { socket, headers }: Pick<IncomingMessage, 'socket' | 'headers'>,
  proxies: AddressSet,
): string | undefined {
  let address = plainAddress(socket.remoteAddress ?? '');
  const seen = new Set<string>();
  const hops = [headers['x-forwarded-for'] ?? []].flat().flatMap((value) => value.split(','));
  for (const hop of hops.reverse()) {
    if (!proxies.has(address) || seen.has(address)) break;
    seen.add(address);
    address = plainAddress(hop.trim());
    if (isIP(address) === 0) return undefined;
  }
  return isIP(address) === 0 ? undefined : address;
}

const FORWARDING_HEADERS = ['x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'forwarded', 'via'];

/** Whether a proxy forwarded the request. */
export function isForwarded({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  return FORWARDING_HEADERS.some((name) => headers[name] !== undefined);
}
