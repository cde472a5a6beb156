import { sleep } from '@turnlog/service-kit';
import { maxMemory, usedMemory } from './memory.ts';
import { refuseWrites } from './refuse-writes.ts';
import { type Scenario } from './scenario.ts';

/** Room for a few more writes, so that it fills up in the middle of one. */
const HEADROOM_BYTES = 64 * 1024;
const FILLING_MS = 1_000;
/**
 * The persister checks the memory of Redis every second. Until then it deletes the keys of a persisted call at
 * once, and with them the live state by which the scenario measures the recovery.
 */
const NOTICED_MS = 2_000;

export const fullMemory: Scenario = {
  id: 'F14',
  name: 'full-memory',
  title: 'Redis has reached its maxmemory (noeviction), and receives more',
  pass: 'New calls are refused with 503, calls in progress use the spool, nothing is evicted.',
  answer: 'Gateways spool events and refuse new calls; consumers wait; nothing is evicted.',
  loss: 'nothing',
  quick: false,
  stack: { hasSpool: true },
  run: (context) => {
    const { redisEye } = context;
    let limit = 0;
    return refuseWrites(context, {
      begin: async () => {
        limit = await maxMemory(redisEye);
        const used = await usedMemory(redisEye);
        await redisEye.config('SET', 'maxmemory', String(used + HEADROOM_BYTES));
        await sleep(FILLING_MS);
        // It stays full, whatever consumers acknowledge.
        await redisEye.config('SET', 'maxmemory', String(Math.floor(used / 2)));
      },
      end: async () => {
        await redisEye.config('SET', 'maxmemory', String(limit));
        await sleep(NOTICED_MS);
      },
    });
  },
};
