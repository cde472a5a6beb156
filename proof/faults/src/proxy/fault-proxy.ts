import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { type Rng } from '@turnlog/test-kit';
import { ProxiedConnection, type Greeting, type Target } from './connection.ts';
import { type Direction, type Faults } from './lane-faults.ts';
import { createTrap, type Trap, type TrapOptions } from './trap.ts';

/** Longer than any blocking read of the services. */
const ANSWERED_WITHIN_MS = 8_000;
/** An answer may come in pieces: it is complete when nothing more has come for this time. */
const ANSWERED_FOR_MS = 100;

export interface FaultProxyOptions {
  /** The port of the server. */
  readonly port: number;
  readonly host?: string;
  /** Decides jitter, slices and which connections are affected. */
  readonly rng: Rng;
  /** The port on 127.0.0.1; a free one by default. */
  readonly listenPort?: number;
}

/** A TCP proxy that causes network faults. Everything can be changed while it runs. */
export interface FaultProxy {
  readonly port: number;
  readonly connections: number;
  /**
   * Replaces the faults of all connections, including open ones, or of those from some addresses; `{}` heals.
   */
  setFaults(faults: Faults, from?: readonly string[]): void;
  /** Resets open connections: all of them, or each with this probability. Returns their number. */
  resetConnections(probability?: number): number;
  /** Half-closes one side of every connection. */
  halfClose(direction: Direction): void;
  /**
   * Switches to the server on another port. Connections of clients without pending requests stay open, as a
   * proxy of a managed service keeps them; the others are reset. Resolves to the number of kept ones.
   */
  switchTo(port: number, greeting: Greeting): Promise<number>;
  /** Sets a trap for a request. */
  setTrap(options: TrapOptions): Trap;
  /** Resets everything and refuses new connections until `up`. */
  down(): Promise<void>;
  up(): Promise<void>;
  /** Heals, then closes. */
  close(): Promise<void>;
}

/** Starts a proxy in front of a server. */
export async function startFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const { host = '127.0.0.1', rng, listenPort = 0 } = options;
  let target: Target = { host, port: options.port };
  let isSwitching = false;
  const connections = new Set<ProxiedConnection>();
  let faults: Faults = {};
  let hitAddresses: readonly string[] | undefined;
  let traps: readonly Trap[] = [];
  let server: Server | undefined;

  const accept = (client: ConstructorParameters<typeof ProxiedConnection>[0]['client']): void => {
    const { remoteAddress = '' } = client;
    const connection: ProxiedConnection = new ProxiedConnection({
      client,
      target,
      faults: () => (hitAddresses?.includes(remoteAddress) === false ? {} : faults),
      traps: () => traps,
      rng,
      onClose: () => connections.delete(connection),
    });
    connections.add(connection);
    if (isSwitching) connection.hold();
  };
  const listen = async (onPort: number): Promise<number> => {
    const listening = createServer({ allowHalfOpen: true }, accept).listen(onPort, '127.0.0.1');
    await once(listening, 'listening');
    server = listening;
    return (listening.address() as AddressInfo).port;
  };
  const resetConnections = (probability = 1): number => {
    const hit = [...connections].filter(() => rng.chance(probability));
    for (const connection of hit) connection.reset();
    return hit.length;
  };
  const down = async (): Promise<void> => {
    const closing = server;
    server = undefined;
    if (closing === undefined) return;
    closing.close();
    resetConnections();
    await once(closing, 'close');
  };
  const switchTo = async (port: number, greeting: Greeting): Promise<number> => {
    isSwitching = true;
    for (const connection of connections) connection.hold();
    const deadline = performance.now() + ANSWERED_WITHIN_MS;
    const areAnswered = (): boolean => [...connections].every((each) => each.isAnswered(ANSWERED_FOR_MS));
    while (!areAnswered() && performance.now() < deadline) await setTimeout(ANSWERED_FOR_MS / 2);
    for (const connection of connections) if (!connection.isAnswered(0)) connection.reset();
    target = { host, port };
    isSwitching = false;
    const kept = [...connections].filter((each) => each.isAnswered(0));
    await Promise.all(kept.map((each) => each.changeServer(target, greeting)));
    return kept.length;
  };
  const ownPort = await listen(listenPort);

  return {
    port: ownPort,
    get connections() {
      return connections.size;
    },
    setFaults: (changed, from) => {
      faults = changed;
      hitAddresses = from;
      for (const connection of connections) connection.wake();
    },
    resetConnections,
    halfClose: (direction) => {
      for (const connection of connections) connection.halfClose(direction);
    },
    switchTo,
    setTrap: (trapOptions) => {
      const trap = createTrap(trapOptions, rng);
      traps = [...traps, trap];
      return trap;
    },
    down,
    up: async () => {
      if (server === undefined) await listen(ownPort);
    },
    close: async () => {
      faults = {};
      await down();
    },
  };
}
