import { plainAddress, type AddressSet } from '@turnlog/tenants';
import { type Socket } from 'node:net';
import { type Duplex } from 'node:stream';
import { Counts } from './counts.ts';

/** How many connections an address may have of which nothing is known yet: no stream was taken on them. */
export class PendingConnections {
  readonly #counts: Counts;
  readonly #proxies: AddressSet;
  readonly #pending = new WeakMap<Duplex, () => void>();

  /** Those of `proxies` are of many, and not counted. */
  constructor(maxPerAddress: number, proxies: AddressSet) {
    this.#counts = new Counts(maxPerAddress);
    this.#proxies = proxies;
  }

  /** False for one too many: it is cut, without a word. */
  accept(socket: Socket): boolean {
    const address = plainAddress(socket.remoteAddress ?? '');
    // Node has let go of a request's connection and was given it back: it is counted.
    if (this.#proxies.has(address) || this.#pending.has(socket)) return true;
    const settle = this.#counts.take(address);
    if (settle === undefined) {
      socket.destroy();
      return false;
    }
    this.#pending.set(socket, settle);
    socket.once('close', settle);
    return true;
  }

  /** The connection is a stream now, and counted as such. */
  settle(socket: Duplex): void {
    this.#pending.get(socket)?.();
  }
}
