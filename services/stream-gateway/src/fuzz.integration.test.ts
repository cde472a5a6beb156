import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readCallLogs } from '@turnlog/call-log';
import { shapes } from '@turnlog/exotel-simulator';
import { testKeyPrefix, testRedisUrl, waitUntil } from '@turnlog/test-kit';
import fc from 'fast-check';
import { once } from 'node:events';
import { Redis } from 'ioredis';
import { dial } from './testing/bare-socket.ts';
import { framesOf } from './testing/frames.ts';
import { startGatewayProcess, type GatewayProcess } from './testing/gateway-process.ts';

const MEGABYTE = 1024 * 1024;
const MAX_RISE_MEGABYTES = 50;

const space = { prefix: testKeyPrefix(), partitions: 16 };
let gateway: GatewayProcess;
let redis: Redis;

beforeAll(async () => {
  redis = new Redis(testRedisUrl());
  const settings = { REDIS_URL: testRedisUrl(), KEY_PREFIX: space.prefix, START_TIMEOUT_MS: '2000' };
  gateway = await startGatewayProcess(settings);
});

afterAll(async () => {
  await gateway.kill();
  redis.disconnect();
});

async function residentBytes(): Promise<number> {
  const text = await (await fetch(`${gateway.opsUrl}/metrics`)).text();
  return Number(/^process_resident_memory_bytes\S* (\S+)$/m.exec(text)?.[1]);
}

/** Plays a call from start to stop; how many events it has left in the log. */
async function goodCall(callSid: string): Promise<void> {
  const frames = framesOf({ callSid });
  const socket = await dial(gateway.url);
  socket.send(frames.connected, frames.start, frames.media(), frames.dtmf('1'), frames.stop);
  await waitUntil(
    async () => {
      const [log] = await readCallLogs(redis, space, [{ call: { tenant: 'default', callSid }, fromSeq: 1 }]);
      return (log?.entries ?? []).some(({ text }) => text.includes('call.ended'));
    },
    { what: `${callSid} is recorded` },
  );
  socket.socket.terminate();
}

// Events of the carrier with anything in them, of which a few begin a call.
const event = fc.constantFrom(
  'connected',
  'start',
  'media',
  'dtmf',
  'mark',
  'stop',
  'clear',
  '__proto__',
  'turn',
);
const body = fc.dictionary(
  fc.constantFrom(
    'start',
    'media',
    'stop',
    'dtmf',
    'mark',
    'stream_sid',
    'sequence_number',
    '__proto__',
    'constructor',
  ),
  fc.oneof(
    fc.anything({ maxDepth: 3 }),
    fc.dictionary(
      fc.constantFrom('call_sid', 'callSid', 'payload', 'name', 'digit', 'custom_parameters'),
      fc.anything(),
    ),
  ),
);
const frame = fc.oneof(
  fc.uint8Array({ maxLength: 2_000 }).map((bytes) => ({ data: Buffer.from(bytes), isBinary: true })),
  fc.json().map((text) => ({ data: Buffer.from(text), isBinary: false })),
  fc.tuple(event, body).map(([name, rest]) => ({
    data: Buffer.from(textOf({ ...rest, event: name })),
    isBinary: false,
  })),
  fc
    .constantFrom('['.repeat(10_000), '{"event":'.repeat(10_000), '{"__proto__":{"event":"start"}}', '\u0000')
    .map((text) => ({ data: Buffer.from(text), isBinary: false })),
  fc.constant({ data: Buffer.from(shapes.strings.connected()), isBinary: false }),
);

/** What JSON can't hold is left out, or stands as a text. */
function textOf(value: unknown): string {
  return JSON.stringify(value, (_name, part: unknown) => (typeof part === 'bigint' ? String(part) : part));
}

test('whatever frames come, the gateway stays up, its memory in bounds, and the next call is recorded', async () => {
  await goodCall('CA-before');
  const before = await residentBytes();
  let round = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(frame, { minLength: 1, maxLength: 40 }), async (frames) => {
      const { socket } = await dial(`${gateway.url}?round=${(round += 1)}`);
      for (const { data, isBinary } of frames) socket.send(data, { binary: isBinary });
      socket.close();
      await once(socket, 'close', { signal: AbortSignal.timeout(10_000) });
      return gateway.isRunning;
    }),
    { numRuns: 60 },
  );
  await goodCall('CA-after');
  expect((await residentBytes()) - before).toBeLessThan(MAX_RISE_MEGABYTES * MEGABYTE);
});

test('whatever bodies come over HTTP, each has an answer, and the gateway stays up', async () => {
  const post = (callSid: string, text: string) =>
    fetch(`${gateway.httpUrl}/v1/calls/${encodeURIComponent(callSid)}/events`, {
      method: 'POST',
      body: text,
    });
  await fc.assert(
    fc.asyncProperty(
      fc.string({ unit: 'grapheme', maxLength: 150 }),
      fc.oneof(
        fc.json(),
        fc.string(),
        fc.tuple(event, body).map(([name, rest]) => textOf({ ...rest, event: name })),
      ),
      async (callSid, text) => (await post(callSid, text)).status < 500,
    ),
    { numRuns: 60 },
  );
  await goodCall('CA-after-http');
});
