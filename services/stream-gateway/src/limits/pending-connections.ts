import { plainAddress, type AddressSet } from '@turnlog/tenants';
import { type Socket } from 'node:net';
import { type Duplex } from 'node:stream';
import { Counts } from './counts.ts';

/** Limits the connections of an address that do not carry a stream yet. */
export class PendingConnections {
  readonly #counts: Counts;
  readonly #proxies: AddressSet;
  readonly #pending = new WeakMap<Duplex, () => void>();

  /** Connections from `proxies` belong to many clients and are not counted. */
  constructor(maxPerAddress: number, proxies: AddressSet) {
    this.#counts = new Counts(maxPerAddress);
    this.#proxies = proxies;
  }

  /** Returns false if there are too many: the socket is then closed without an answer. */
  accept(socket: Socket): boolean {
    const address = plainAddress(socket.remoteAddress ?? '');
    // A connection that was given back to Node is counted already.
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
