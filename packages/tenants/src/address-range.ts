import { BlockList, isIP } from 'node:net';

/** A set of addresses, checked for each connection without a credential. */
export interface AddressSet {
  /**
   * False for a text that is not an address. An IPv4-mapped IPv6 address (`::ffff:10.0.0.1`) counts as its
   * IPv4 address.
   */
  has(address: string): boolean;
}

/** Whether a text is an address, or a range in CIDR notation such as `10.0.0.0/8` or `2001:db8::/32`. */
export function isAddressRange(text: string): boolean {
  return parseRange(text) !== undefined;
}

/** The addresses of all ranges. Throws a RangeError on a text that {@link isAddressRange} rejects. */
export function addressSet(ranges: readonly string[]): AddressSet {
  const list = new BlockList();
  for (const text of ranges) {
    const range = parseRange(text);
    if (range === undefined) throw new RangeError(`"${text}" is not an address or a range of addresses`);
    list.addSubnet(range.address, range.bits, range.family);
  }
  return {
    has: (address) => {
      const bare = plainAddress(address);
      const family = isIP(bare);
      return family !== 0 && list.check(bare, family === 4 ? 'ipv4' : 'ipv6');
    },
  };
}

const LOOPBACK_ADDRESSES = addressSet(['127.0.0.0/8', '::1']);

/** Whether a host name or address is reachable only from this machine. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || LOOPBACK_ADDRESSES.has(host);
}

/** The IPv4 address of an IPv4-mapped one, and any address without its zone. */
export function plainAddress(address: string): string {
  const [withoutZone = ''] = address.split('%', 1);
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(withoutZone);
  return mapped?.[1] ?? withoutZone;
}

interface Range {
  readonly address: string;
  readonly bits: number;
  readonly family: 'ipv4' | 'ipv6';
}

function parseRange(text: string): Range | undefined {
  const [, address = '', bitsText] = /^([0-9a-f.:]+)(?:\/(\d{1,3}))?$/i.exec(text) ?? [];
  const version = isIP(address);
  if (version === 0) return undefined;
  const width = version === 4 ? 32 : 128;
  const bits = bitsText === undefined ? width : Number(bitsText);
  return bits > width ? undefined : { address, bits, family: version === 4 ? 'ipv4' : 'ipv6' };
}
