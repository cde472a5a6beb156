/*
 * Ours: the memory of the real gateway for a live call: with 1,000 open calls that receive audio in real
 * time, minus the memory before them. Yardstick: the same for a bare `ws` server that receives the same
 * frames.
 *
 * Two readings. Resident memory is what an operator pays for, with the collector working as it does in
 * production. Live memory is what a full collection leaves (`heapUsed` + `external`): a bare connection then
 * has almost none, and the half second of audio that a gateway buffers for each call (8 KB) is most of its
 * own.
 *
 * Each round has processes of its own, warmed up with a few calls, so that earlier rounds do not count. The
 * median of several readings, because batches of audio come and go.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type Bench, type Benchmark, type Contest, type Sample } from '../benchmark.ts';
import { startSender } from '../load/start-sender.ts';
import { startBareServer } from '../processes/bare-server.ts';
import { startService, type FrameServer } from '../processes/service.ts';
import { clearCalls, type Servers } from '../servers.ts';
import { median } from '../statistics.ts';

const CALLS = 1_000;
const WARM_UP_CALLS = 20;
const STREAMING_MS = 6_000;
const LOOKS = 7;
const LOOK_EVERY_MS = 270;

type Reading = (server: FrameServer) => Promise<number>;

const measured = {
  unit: 'bytes',
  betterIs: 'lower',
  rounds: 3,
  warmUpRounds: 0,
} satisfies Partial<Benchmark>;

export const gatewayMemory: Benchmark = {
  ...measured,
  name: 'gateway-memory',
  compares:
    'resident memory of a live call in the gateway ÷ a connection of a bare ws server that receives the same',
  target: 2,
  open: (bench) => open(bench, residentBytes),
};

export const gatewayLiveMemory: Benchmark = {
  ...measured,
  name: 'gateway-live-memory',
  compares: 'the same, counting only what a full garbage collection leaves',
  open: (bench) => open(bench, liveBytes),
};

function open({ servers, size }: Bench, read: Reading): Promise<Contest> {
  const calls = size(CALLS);
  return Promise.resolve({
    ours: () => measure(servers, { calls, read, start: () => startService('stream-gateway', servers) }),
    yardstick: () => measure(servers, { calls, read, start: () => startBareServer(servers) }),
    close: () => Promise.resolve(),
  });
}

interface Measurement {
  readonly calls: number;
  readonly read: Reading;
  readonly start: () => Promise<FrameServer>;
}

async function measure(servers: Servers, { calls, read, start }: Measurement): Promise<Sample> {
  await clearCalls(servers);
  const server = await start();
  try {
    await whileStreaming(servers, server, { calls: WARM_UP_CALLS, callPrefix: 'warm-up-' }, () =>
      delay(1_000),
    );
    const before = await read(server);
    const during = await whileStreaming(servers, server, { calls, callPrefix: 'CA' }, async () => {
      await delay(STREAMING_MS);
      return medianOf(server, read);
    });
    return { value: (during - before) / calls };
  } finally {
    await server.stop();
  }
}

async function whileStreaming<T>(
  servers: Servers,
  { port }: FrameServer,
  load: { readonly calls: number; readonly callPrefix: string },
  look: () => Promise<T>,
): Promise<T> {
  const url = `ws://127.0.0.1:${port}/exotel/stream`;
  const sender = startSender(servers, { url, pace: 'real time', framesPerCall: 0, ...load });
  try {
    await sender.ready();
    return await look();
  } finally {
    await sender.stop();
  }
}

async function medianOf(server: FrameServer, read: Reading): Promise<number> {
  const looks: number[] = [];
  for (let look = 0; look < LOOKS; look += 1) {
    looks.push(await read(server));
    await delay(LOOK_EVERY_MS);
  }
  return median(looks);
}

async function liveBytes(server: FrameServer): Promise<number> {
  return (await server.usage({ collectGarbage: true })).liveBytes;
}

async function residentBytes(server: FrameServer): Promise<number> {
  return (await server.usage({ collectGarbage: false })).residentBytes;
}
