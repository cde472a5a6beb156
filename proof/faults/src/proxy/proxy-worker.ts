import { parentPort, workerData } from 'node:worker_threads';
import { createRng } from '@turnlog/test-kit';
import { startFaultProxy } from './fault-proxy.ts';
import { type NumberedOrder, type ProxyOrder, type ProxyStart, type ProxyWord } from './proxy-messages.ts';
import { type Trap } from './trap.ts';

/* The thread of one proxy: see proxy-thread.ts. */

const { port, seed } = workerData as ProxyStart;
const proxy = await startFaultProxy({ port, rng: createRng(seed) });
const traps = new Map<number, Trap>();

parentPort?.on('message', ({ number, order }: NumberedOrder) => {
  obey(order).then(
    (result) => tell({ told: 'done', number, result: result ?? 0 }),
    (error: unknown) => tell({ told: 'failed', number, problem: String(error) }),
  );
});
tell({ told: 'listening', port: proxy.port });

async function obey(order: ProxyOrder): Promise<number | undefined> {
  switch (order.do) {
    case 'set-faults':
      proxy.setFaults(order.faults, order.from);
      return;
    case 'reset-connections':
      return proxy.resetConnections(order.probability);
    case 'switch-to':
      return proxy.switchTo(order.port, order.greeting);
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
      await proxy.down();
      return;
    case 'up':
      await proxy.up();
      return;
    case 'close':
      await proxy.close();
      return;
  }
}

function tell(word: ProxyWord): void {
  parentPort?.postMessage(word);
}
