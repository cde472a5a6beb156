import { connect, type Socket } from 'node:net';
import { type Rng } from '../random/rng.ts';
import { Lane } from './lane.ts';
import { type Direction, type Faults } from './lane-faults.ts';
import { type Trap } from './trap.ts';

export interface ConnectionOptions {
  readonly client: Socket;
  readonly target: { readonly host: string; readonly port: number };
  readonly faults: () => Faults;
  readonly traps: () => readonly Trap[];
  readonly rng: Rng;
  readonly onClose: () => void;
}

/** One client's connection through the proxy. */
export class ProxiedConnection {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #lanes: Readonly<Record<Direction, Lane>>;
  /** The server's next bytes end the connection instead of reaching the client. */
  #isReplyCut = false;
  #isBroken = false;
  readonly #onOver: () => void;

  constructor({ client, target, faults, traps, rng, onClose }: ConnectionOptions) {
    this.#client = client;
    this.#onOver = onClose;
    this.#server = connect({ ...target, allowHalfOpen: true });
    const server = this.#server;
    this.#lanes = {
      toServer: new Lane({
        from: client,
        to: server,
        rng,
        faults: () => faults().toServer ?? {},
        inspect: (chunk) => this.#inspectRequest(chunk, traps()),
      }),
      toClient: new Lane({
        from: server,
        to: client,
        rng,
        faults: () => faults().toClient ?? {},
        inspect: () => this.#inspectReply(),
      }),
    };
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      // A close follows, and is what counts.
      socket.on('error', () => undefined);
      socket.on('close', (hadError) => this.#onClose(hadError));
    }
  }

  /** The faults have changed. */
  wake(): void {
    this.#lanes.toServer.wake();
    this.#lanes.toClient.wake();
    if (this.#isBroken && !this.#isHeld) this.reset();
  }

  /** Ends it both ways with RST. */
  reset(): void {
    for (const lane of [this.#lanes.toServer, this.#lanes.toClient]) lane.stop();
    for (const socket of [this.#client, this.#server]) reset(socket);
  }

  /** One side is told that no more comes, the other is not. */
  halfClose(direction: Direction): void {
    this.#lanes[direction].end();
  }

  get #isHeld(): boolean {
    return this.#lanes.toServer.isHeld || this.#lanes.toClient.isHeld;
  }

  /** A peer that breaks off takes the other one with it; through a black hole nobody hears of it. */
  #onClose(hadError: boolean): void {
    if (this.#client.closed && this.#server.closed) this.#onOver();
    else if (hadError) this.#isBroken = true;
    if (this.#isBroken && !this.#isHeld) this.reset();
  }

  #inspectRequest(chunk: Buffer, traps: readonly Trap[]): boolean {
    const trap = traps.find((each) => each.tries(chunk));
    if (trap?.action === 'hold-request') trap.holds(this.#lanes.toServer);
    if (trap?.action === 'hold-reply') trap.holds(this.#lanes.toClient);
    if (trap?.action === 'cut-reply') this.#isReplyCut = true;
    return true;
  }

  #inspectReply(): boolean {
    if (!this.#isReplyCut) return true;
    this.reset();
    return false;
  }
}

/** A socket that is being shut down can't be reset any more: Node would leave its handle open for ever. */
function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
