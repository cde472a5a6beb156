import { sleep } from '@turnlog/service-kit';
import { maxMemory, usedMemory } from './memory.ts';
import { sumMetric } from './metrics.ts';
import { type Context, type Scenario } from './scenario.ts';

const LOOK_EVERY_MS = 500;
const MIB = 1024 * 1024;
const FULL = 0.95;

export const loudLines: Scenario = {
  id: 'F49',
  name: 'loud-lines',
  title: 'Calls stream several times the audio that Redis has room for',
  pass: 'No report is refused or spooled, calls are recorded as usual, and dropped audio is counted.',
  answer: 'Above half of Redis’ memory, audio is dropped and counted; reports have the rest.',
  loss: 'no report; audio for which there is no room',
  quick: true,
  stack: { hasSpool: true },
  run: async (context) => {
    const { redisEye } = context;
    const limit = await maxMemory(redisEye);
    const load = context.load({ withoutLine: 0, audio: 'loud', windowMs: 1.7 * context.size.windowMs });
    let mostUsed = 0;
    while (load.isRunning) {
      mostUsed = Math.max(mostUsed, await usedMemory(redisEye));
      await sleep(LOOK_EVERY_MS);
    }
    await load.finished;
    const sent = await sumMetric(context, 'gateway', 'gateway_audio_bytes_total');
    const dropped = await sumMetric(context, 'gateway', 'gateway_audio_dropped_bytes_total');
    context.note('audio', `${(sent / MIB).toFixed(0)} MiB, ${(dropped / MIB).toFixed(0)} MiB of it dropped`);
    context.note('Redis at most', `${(mostUsed / MIB).toFixed(1)} of ${(limit / MIB).toFixed(1)} MiB`);
    context.expect(sent > limit, 'the audio alone would not have filled Redis');
    context.expect(dropped > 0, 'no audio was dropped');
    context.expect(mostUsed < limit * FULL, 'Redis was full');
    await expectNoSpool(context);
    await context.recovered();
  },
};

async function expectNoSpool(context: Context): Promise<void> {
  const spooled = await sumMetric(context, 'gateway', 'gateway_spooled_total');
  context.expect(spooled === 0, `${spooled} events went to the spool`);
}
