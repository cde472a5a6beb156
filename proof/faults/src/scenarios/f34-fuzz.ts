import { sleep } from '@turnlog/service-kit';
import { attacks, wordFor, type Attack } from '../attacks/attacks.ts';
import { readMetric } from './metrics.ts';
import { type Context, type Scenario } from './scenario.ts';

const GOOD_CALLS = 100;
const MAX_RISE_MEGABYTES = 50;
const MEGABYTE = 1024 * 1024;
const RIDDANCE_TIMEOUT_MS = 20_000;
const WATCH_EVERY_MS = 200;

export const fuzz: Scenario = {
  id: 'F34',
  name: 'fuzz',
  title:
    'Attackers send random bytes, endless fragments, 101 MB, floods and half a handshake, beside 100 good calls',
  pass: 'The gateway stays up, its memory rises by less than 50 MB, attackers are disconnected with the right code, and the good calls are unaffected.',
  answer:
    'There are limits on handshakes, frames, fragments and pings, and on the time that a socket may have no call.',
  loss: 'nothing',
  quick: false,
  alone: true,
  stack: {
    serviceEnv: {
      gateway: { START_TIMEOUT_MS: '3000', HANDSHAKE_TIMEOUT_MS: '3000', MAX_HANDSHAKES_PER_ADDRESS: '500' },
    },
  },
  run: async (context) => {
    const gateway = context.stack.service('gateway-1');
    const { pid } = gateway;
    // The memory that good calls alone need is not counted.
    await goodCalls(context, 'CAbefore').finished;
    const watch = watchMemory(context);
    const load = goodCalls(context, 'CAgood');
    await sleep(500);
    for (const attack of attacks) await runAttack(context, attack);
    await load.finished;
    const risen = await watch.stop();
    context.note('memory risen by', `${(risen / MEGABYTE).toFixed(1)} MB`);
    context.expect(
      risen < MAX_RISE_MEGABYTES * MEGABYTE,
      `memory rose by ${(risen / MEGABYTE).toFixed(1)} MB`,
    );
    context.expect(gateway.pid === pid, 'the gateway is another process now');
    const cut = context.ledger.calls().filter(({ lineEnds }) => lineEnds.includes('cut'));
    context.expect(cut.length === 0, `${cut.length} good calls were cut`);
  },
};

function goodCalls(context: Context, prefix: string) {
  return context.load({ calls: GOOD_CALLS, eventsPerCall: 15, windowMs: 25_000, lateEvents: 0 }, prefix);
}

async function runAttack({ stack, rng, expect }: Context, attack: Attack): Promise<void> {
  const { port } = stack.service('gateway-1');
  const own = rng.fork(attack.name);
  const raws = await Promise.all(Array.from({ length: attack.attackers }, () => attack.attack(port, own)));
  const words = await Promise.all(raws.map(async (raw) => wordFor(await raw.ended(RIDDANCE_TIMEOUT_MS))));
  const others = words.filter((word) => !attack.expected.some((expected) => expected === word));
  const told = [...new Set(others)].join(', ');
  expect(others.length === 0, `${attack.name}: ${others.length} of ${words.length} ended as ${told}`);
  for (const { socket } of raws) socket.destroy();
}

/** How far the gateway's memory rises above its present level. */
function watchMemory(context: Context) {
  const read = () => readMetric(context, 'gateway-1', 'process_resident_memory_bytes');
  const over = new AbortController();
  const watching = (async () => {
    const before = await read();
    let highest = before;
    while (!over.signal.aborted) {
      await sleep(WATCH_EVERY_MS, over.signal);
      highest = Math.max(highest, await read());
    }
    return highest - before;
  })();
  return {
    stop: () => {
      over.abort();
      return watching;
    },
  };
}
