import { BlockList, isIP } from 'node:net';

/** A set of addresses, asked for each connection that has no credential. */
export interface AddressSet {
  /** False for what is no address. An IPv4 address in IPv6 dress (`::ffff:10.0.0.1`) is the IPv4 address. */
  has(address: string): boolean;
}

/** Whether a text is an address, or a range in CIDR notation such as `10.0.0.0/8` or `2001:db8::/32`. */
export function isAddressRange(text: string): boolean {
  return parseRange(text) !== undefined;
}

/** The addresses of all ranges together. Throws a RangeError on a text that {@link isAddressRange} denies. */
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

/** Whether a host name or address is reachable from this machine only. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || LOOPBACK_ADDRESSES.has(host);
}

/** The address without IPv6 dress around IPv4, and without a zone. */
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
