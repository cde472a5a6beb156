import { parentPort, workerData } from 'node:worker_threads';
import { createRng } from '../random/rng.ts';
import { startFaultProxy } from './fault-proxy.ts';
import { type NumberedOrder, type ProxyOrder, type ProxyStart, type ProxyWord } from './proxy-messages.ts';
import { type Trap } from './trap.ts';

/* The thread of one proxy: see proxy-thread.ts. */

const { port, seed } = workerData as ProxyStart;
const proxy = await startFaultProxy({ port, rng: createRng(seed) });
const traps = new Map<number, Trap>();

parentPort?.on('message', ({ number, order }: NumberedOrder) => {
  // What fails here ends the thread, and with it the run.
  Promise.resolve(obey(order)).then((result) => tell({ told: 'done', number, result: result ?? 0 }), fail);
});
tell({ told: 'listening', port: proxy.port });

function fail(error: unknown): never {
  throw error;
}

function obey(order: ProxyOrder): number | undefined | Promise<void> {
  switch (order.do) {
    case 'set-faults':
      proxy.setFaults(order.faults, order.from);
      return;
    case 'reset-connections':
      return proxy.resetConnections(order.probability);
    case 'set-trap': {
      const { trap, options } = order;
      const onSpring = (count: number): void => tell({ told: 'sprung', trap, count });
      traps.set(trap, proxy.setTrap({ ...options, onSpring }));
      return;
    }
    case 'release-trap':
      traps.get(order.trap)?.release();
      return;
    case 'down':
      return proxy.down();
    case 'up':
      return proxy.up();
    case 'close':
      return proxy.close();
  }
}

function tell(word: ProxyWord): void {
  parentPort?.postMessage(word);
}
