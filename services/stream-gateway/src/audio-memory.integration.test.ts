import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { startRedisForTest, waitUntil } from '@turnlog/test-kit';
import { dial, type BareSocket } from './testing/bare-socket.ts';
import { framesOf } from './testing/frames.ts';
import { eventOf, type startTestGateway } from './testing/test-gateway.ts';
import { afterTest, openGateway } from './testing/open.ts';

const MIB = 1024 * 1024;
const CALLS = 40;
const FRAMES_PER_SECOND = 100;
const SEND_EVERY_MS = 50;
/** How long it goes on after the first audio was dropped. */
const CROWDED_MS = 3_000;

test('both tracks of 40 calls at 100 frames a second against 48 MB: no report is refused', async () => {
  const server = await startRedisForTest({ extraArgs: ['--maxmemory', '48mb'] });
  afterTest(() => server.close());
  const gateway = await openGateway({ REDIS_URL: server.url });
  const calls = Array.from({ length: CALLS }, () => framesOf({ sampleRate: 24_000 }));
  const sockets: BareSocket[] = [];
  for (const call of calls) {
    const socket = await dial(gateway.url);
    afterTest(() => {
      socket.socket.terminate();
    });
    socket.send(call.start);
    sockets.push(socket);
  }
  const stopAudio = sendAudio(sockets);
  afterTest(stopAudio);

  const reports = new Reports(gateway);
  afterTest(() => reports.stop());
  const dropped = () => gateway.metric('gateway_audio_dropped_bytes_total{reason="no_room"');
  await waitUntil(async () => ((await dropped()) ?? 0) > 0, { what: 'audio is dropped', timeoutMs: 60_000 });
  await sleep(CROWDED_MS);
  stopAudio();
  await reports.stop();

  expect(reports.answers.size).toBe(1);
  expect(reports.answers.get(202)).toBeGreaterThan(20);
  expect(reports.mostUsedBytes).toBeGreaterThan(20 * MIB);
  expect(reports.mostUsedBytes).toBeLessThan(32 * MIB);
  expect(gateway.logLines.filter(({ reason }) => reason === 'no_room')).toHaveLength(1);

  const [first] = calls;
  sockets[0]?.send(first?.stop ?? '');
  const events = await gateway.eventsUntil(first?.callSid ?? '', 'call.ended');
  const { inboundBytes, outboundBytes, droppedBytes = 0 } = eventOf(events, 'audio.summarised').data;
  expect(droppedBytes).toBeGreaterThan(0);
  expect(droppedBytes).toBeLessThan(inboundBytes + outboundBytes);
}, 120_000);

/** Both tracks on every socket, in pieces of 10 ms. */
function sendAudio(sockets: readonly BareSocket[]): () => void {
  const payload = Buffer.alloc((24_000 * 2) / FRAMES_PER_SECOND, 7).toString('base64');
  const frames = ['inbound', 'outbound'].map((track) =>
    JSON.stringify({ event: 'media', media: { track, payload } }),
  );
  const perTick = (FRAMES_PER_SECOND * SEND_EVERY_MS) / 1_000;
  const burst = Array.from({ length: perTick }, () => frames).flat();
  const timer = setInterval(() => {
    for (const socket of sockets) socket.send(...burst);
  }, SEND_EVERY_MS);
  return () => clearInterval(timer);
}

/** Reports turns over HTTP, one after the other, and remembers the answers and how full Redis was. */
class Reports {
  readonly answers = new Map<number, number>();
  mostUsedBytes = 0;
  readonly #done: Promise<void>;
  #isStopped = false;

  constructor(gateway: Awaited<ReturnType<typeof startTestGateway>>) {
    this.#done = this.#run(gateway);
  }

  stop(): Promise<void> {
    this.#isStopped = true;
    return this.#done;
  }

  async #run(gateway: Awaited<ReturnType<typeof startTestGateway>>): Promise<void> {
    for (let n = 0; !this.#isStopped; n += 1) {
      const turn = { event: 'turn', id: `t${n}`, turn: { speaker: 'user', text: 'hello' } };
      const { status } = await gateway.post('CA-reports', turn);
      this.answers.set(status, (this.answers.get(status) ?? 0) + 1);
      const [, used] = /\nused_memory:(\d+)/.exec(await gateway.redis.info('memory')) ?? [];
      this.mostUsedBytes = Math.max(this.mostUsedBytes, Number(used));
      await sleep(20);
    }
  }
}
