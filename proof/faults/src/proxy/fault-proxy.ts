import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { type Rng } from '@turnlog/test-kit';
import { ProxiedConnection, type Greeting, type Target } from './connection.ts';
import { type Direction, type Faults } from './lane-faults.ts';
import { createTrap, type Trap, type TrapOptions } from './trap.ts';

/** Longer than any read of ours blocks. */
const ANSWERED_WITHIN_MS = 8_000;
/** An answer may come in pieces: it is whole when nothing more has come for so long. */
const ANSWERED_FOR_MS = 100;

export interface FaultProxyOptions {
  /** Where it leads to. */
  readonly port: number;
  readonly host?: string;
  /** Decides jitter, slices and which connections are hit. */
  readonly rng: Rng;
  /** Where it listens on 127.0.0.1; a free port by default. */
  readonly listenPort?: number;
}

/** A TCP proxy that does to connections what networks do. Everything can be changed while it runs. */
export interface FaultProxy {
  readonly port: number;
  readonly connections: number;
  /**
   * Replaces the faults of all connections, those that are open included, or of those from some addresses; `{}` heals.
   */
  setFaults(faults: Faults, from?: readonly string[]): void;
  /** Resets open connections: all of them, or each with this probability. Returns how many. */
  resetConnections(probability?: number): number;
  /** Tells one side of every connection that no more comes. */
  halfClose(direction: Direction): void;
  /**
   * Leads to the server on another port from now on. Connections of clients stay open: those whose requests are answered
   * by then, as a proxy of a managed service keeps them. The others are reset. Resolves to how many it has kept.
   */
  switchTo(port: number, greeting: Greeting): Promise<number>;
  /** Lies in wait for a request. */
  setTrap(options: TrapOptions): Trap;
  /** Resets everything and refuses new connections until `up`. */
  down(): Promise<void>;
  up(): Promise<void>;
  /** Heals, then ends. */
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
