import { Worker } from 'node:worker_threads';
import { deferred } from '@turnlog/service-kit';
import { type Rng } from '@turnlog/test-kit';
import { type Greeting } from './connection.ts';
import { type Faults } from './lane-faults.ts';
import { type NumberedOrder, type ProxyOrder, type ProxyStart, type ProxyWord } from './proxy-messages.ts';
import { type TrapOptions } from './trap.ts';

const WORKER = new URL('../../dist/proxy/proxy-worker.js', import.meta.url);
const MAX_SEED = 2 ** 31;

/** A fault proxy (see `FaultProxy`) in a thread of its own. Commands are executed in order. */
export interface ThreadedProxy {
  readonly port: number;
  setFaults(faults: Faults, from?: readonly string[]): void;
  /** Resolves to the number of reset connections. */
  resetConnections(probability?: number): Promise<number>;
  /** Resolves to the number of kept connections. */
  switchTo(port: number, greeting: Greeting): Promise<number>;
  setTrap(options: Omit<TrapOptions, 'onSpring'>): ThreadedTrap;
  down(): Promise<void>;
  up(): Promise<void>;
  close(): Promise<void>;
}

/** A trap in the thread. */
export interface ThreadedTrap {
  /** How often it was triggered. */
  readonly count: number;
  /** Resolves when it is triggered for the first time. */
  readonly sprung: Promise<void>;
  release(): void;
}

interface Answer {
  readonly resolve: (result: number) => void;
  readonly reject: (error: Error) => void;
}

/** A trap that is notified when it is triggered. */
interface RemoteTrap extends ThreadedTrap {
  readonly onSpring: (count: number) => void;
}

/**
 * Starts a proxy in front of a server on a port of this host. It has its own thread because playing hundreds
 * of calls keeps this one busy, and all traffic would wait for it. Throws errors of the thread.
 */
export async function startProxyThread({
  port,
  rng,
}: {
  readonly port: number;
  readonly rng: Rng;
}): Promise<ThreadedProxy> {
  const workerData: ProxyStart = { port, seed: rng.int(0, MAX_SEED) };
  const worker = new Worker(WORKER, { workerData });
  const answers = new Map<number, Answer>();
  const traps: RemoteTrap[] = [];
  let orders = 0;

  const tell = (order: ProxyOrder): number => {
    const numbered: NumberedOrder = { number: (orders += 1), order };
    worker.postMessage(numbered);
    return numbered.number;
  };
  const ask = (order: ProxyOrder): Promise<number> =>
    new Promise((resolve, reject) => answers.set(tell(order), { resolve, reject }));
  const ownPort = await new Promise<number>((resolve) => {
    worker.on('message', (word: ProxyWord) => {
      if (word.told === 'listening') resolve(word.port);
      else if (word.told === 'sprung') traps[word.trap]?.onSpring(word.count);
      else settle(answers, word);
    });
  });

  return {
    port: ownPort,
    setFaults: (faults, from) => void tell({ do: 'set-faults', faults, from }),
    resetConnections: (probability) => ask({ do: 'reset-connections', probability }),
    switchTo: (port, greeting) => ask({ do: 'switch-to', port, greeting }),
    setTrap: (options) => {
      const number = traps.length;
      tell({ do: 'set-trap', trap: number, options });
      const trap = createRemoteTrap(() => void tell({ do: 'release-trap', trap: number }));
      traps.push(trap);
      return trap;
    },
    down: () => ask({ do: 'down' }).then(() => undefined),
    up: () => ask({ do: 'up' }).then(() => undefined),
    close: async () => {
      await ask({ do: 'close' });
      await worker.terminate();
    },
  };
}

function settle(answers: Map<number, Answer>, word: ProxyWord & { readonly told: 'done' | 'failed' }): void {
  const answer = answers.get(word.number);
  answers.delete(word.number);
  if (word.told === 'done') answer?.resolve(word.result);
  else answer?.reject(new Error(`a proxy failed: ${word.problem}`));
}

function createRemoteTrap(release: () => void): RemoteTrap {
  let count = 0;
  const sprung = deferred();
  return {
    get count() {
      return count;
    },
    sprung: sprung.promise,
    release,
    onSpring: (times) => {
      count = times;
      sprung.resolve();
    },
  };
}
