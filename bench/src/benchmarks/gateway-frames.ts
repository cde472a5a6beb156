/*
 * Ours: the real gateway with its audio going to Redis. Yardstick: a bare `ws` server that parses each frame
 * and decodes its audio, and keeps nothing.
 *
 * Both get the same frames of 1,600 bytes of audio over 16 sockets, flat out, from a sender in a process of
 * its own that has every frame prepared. The rate is frames per second of the server's own CPU time, so that
 * it does not matter that sender, server and Redis may share two cores. Flat out, the system delivers several
 * frames in one read, which saves both the same time, so our remaining cost weighs more. A round is as long
 * as it can be without dropping audio, even if Redis gets no core at all: 30 MB. The time until all of it is
 * in Redis counts.
 */
import { callKeys, DEFAULT_KEY_SPACE } from '@turnlog/call-log';
import { type Bench, type Benchmark, type Contest, type Sample } from '../benchmark.ts';
import { startSender } from '../load/start-sender.ts';
import { until } from '../load/until.ts';
import { startBareServer } from '../processes/bare-server.ts';
import { startService, type FrameServer, type Service } from '../processes/service.ts';
import { clearCalls, type Servers } from '../servers.ts';
import { sum } from '../statistics.ts';

const CALLS = 16;
const FRAMES_PER_CALL = 1_200;
/** By the gateway's default, audio is written half a second at a time. */
const FRAMES_PER_BATCH = 5;

export const gatewayFrames: Benchmark = {
  name: 'gateway-frames',
  compares: 'frames per CPU second of the gateway, audio to Redis ÷ a bare ws server that parses and decodes',
  unit: 'frames/CPU-s',
  betterIs: 'higher',
  target: 0.5,
  aim: 0.7,
  rounds: 15,
  warmUpRounds: 3,
  open,
};

async function open({ servers, size }: Bench): Promise<Contest> {
  const gateway = await startService('stream-gateway', servers);
  const bare = await startBareServer(servers);
  const framesPerCall = size(FRAMES_PER_CALL);
  let round = 0;
  return {
    ours: async () => {
      const callPrefix = `CA${++round}-`;
      const batches = Math.floor(framesPerCall / FRAMES_PER_BATCH) * CALLS;
      const sample = await measure(servers, gateway, { framesPerCall, callPrefix }, () =>
        until(async () => (await countBatches(servers, callPrefix)) >= batches, {
          what: 'all audio is in Redis',
        }),
      );
      await assertNothingDropped(gateway);
      return sample;
    },
    yardstick: () => measure(servers, bare, { framesPerCall, callPrefix: 'CA-' }),
    close: async () => {
      await gateway.stop();
      await bare.stop();
    },
  };
}

async function measure(
  servers: Servers,
  server: FrameServer,
  load: { readonly framesPerCall: number; readonly callPrefix: string },
  untilDone?: () => Promise<void>,
): Promise<Sample> {
  await clearCalls(servers);
  const before = await server.usage();
  const url = `ws://127.0.0.1:${server.port}/exotel/stream`;
  const sender = startSender(servers, { url, calls: CALLS, pace: 'flat out', ...load });
  await sender.done;
  await untilDone?.();
  const { cpuMicros } = await server.usage();
  const microsPerFrame = (cpuMicros - before.cpuMicros) / (CALLS * load.framesPerCall);
  return { value: 1e6 / microsPerFrame, cpuMicros: microsPerFrame };
}

async function countBatches({ redis }: Servers, callPrefix: string): Promise<number> {
  const pipeline = redis.pipeline();
  for (let n = 0; n < CALLS; n += 1)
    pipeline.xlen(callKeys(DEFAULT_KEY_SPACE, { tenant: 'default', callSid: `${callPrefix}${n}` }).audio);
  const replies = (await pipeline.exec()) ?? [];
  return sum(replies.map(([, length]) => Number(length)));
}

/** Dropped audio, for which Redis was too slow, would cost nothing. */
async function assertNothingDropped({ healthPort }: Service): Promise<void> {
  const metrics = await (await fetch(`http://127.0.0.1:${healthPort}/metrics`)).text();
  const dropped = sum(
    [...metrics.matchAll(/^gateway_audio_dropped_bytes_total\S* (\d+)/gm)].map(([, bytes]) => Number(bytes)),
  );
  if (!metrics.includes('# TYPE gateway_audio_dropped_bytes_total'))
    throw new Error('the gateway has no metric gateway_audio_dropped_bytes_total');
  if (dropped > 0) throw new Error(`the gateway dropped ${dropped} bytes of audio`);
}
