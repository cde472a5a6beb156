import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type Rng } from '@turnlog/test-kit';
import { Lane } from './lane.ts';
import { type Direction, type Faults } from './lane-faults.ts';
import { type Trap } from './trap.ts';

/** The destination of a connection. */
export interface Target {
  readonly host: string;
  readonly port: number;
}

/** What a new server receives in place of the client's greeting, and how its answer ends. */
export interface Greeting {
  readonly say: string;
  readonly untilHeard: string;
}

export interface ConnectionOptions {
  readonly client: Socket;
  readonly target: Target;
  readonly faults: () => Faults;
  readonly traps: () => readonly Trap[];
  readonly rng: Rng;
  readonly onClose: () => void;
}

/** One client's connection through the proxy. */
export class ProxiedConnection {
  readonly #client: Socket;
  #server: Socket;
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
    for (const socket of [client, server]) this.#watch(socket);
  }

  /** Requests wait from now on, until it has another server. */
  hold(): void {
    this.#lanes.toServer.freeze();
  }

  /** Whether everything that reached the server was answered for this time. */
  isAnswered(forMs: number): boolean {
    const { toServer, toClient } = this.#lanes;
    return (
      toServer.lastArrivalMs <= toClient.lastArrivalMs && performance.now() - toClient.lastArrivalMs >= forMs
    );
  }

  /** Switches to another server, which is greeted first; the client does not notice. */
  async changeServer(target: Target, greeting: Greeting): Promise<void> {
    const before = this.#server;
    this.#server = await greet(connect({ ...target, allowHalfOpen: true }), greeting);
    this.#watch(this.#server);
    this.#lanes.toServer.redirect({ from: this.#client, to: this.#server });
    this.#lanes.toClient.redirect({ from: this.#server, to: this.#client });
    before.destroy();
    this.#lanes.toServer.thaw();
  }

  /** The faults have changed. */
  wake(): void {
    this.#lanes.toServer.wake();
    this.#lanes.toClient.wake();
    if (this.#isBroken && !this.#isHeld) this.reset();
  }

  /** Resets it in both directions (RST). */
  reset(): void {
    for (const lane of [this.#lanes.toServer, this.#lanes.toClient]) lane.stop();
    for (const socket of [this.#client, this.#server]) reset(socket);
  }

  /** Half-closes one side. */
  halfClose(direction: Direction): void {
    this.#lanes[direction].end();
  }

  get #isHeld(): boolean {
    return this.#lanes.toServer.isHeld || this.#lanes.toClient.isHeld;
  }

  #watch(socket: Socket): void {
    socket.setNoDelay(true);
    // A close follows, which is handled.
    socket.on('error', () => undefined);
    socket.on('close', (hadError) => {
      if (socket === this.#client || socket === this.#server) this.#onClose(hadError);
    });
  }

  /** A peer that disconnects ends the other side too, but not through a black hole. */
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

async function greet(server: Socket, { say, untilHeard }: Greeting): Promise<Socket> {
  server.write(say);
  let heard = '';
  const take = (chunk: Buffer): void => void (heard += chunk.toString());
  server.on('data', take);
  while (!heard.endsWith(untilHeard)) await once(server, 'data');
  server.off('data', take);
  return server;
}

/** A socket that is being shut down cannot be reset: Node would leave its handle open for ever. */
function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
