/*
 * Plays the carrier's side of many calls, in a process of its own: flat out, or in real time until it is stopped. All
 * frames are prepared before the first one is sent.
 */
import { once } from 'node:events';
import { type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { shapes, speechLikeNoise } from '@turnlog/exotel-simulator';
import { closeFrame, openStreamSocket, textFrame } from './raw-stream-socket.ts';
import { type SenderPlan } from './start-sender.ts';

const SAMPLE_RATE = 8000;
const FRAME_MS = 100;
const FRAMES_PER_WRITE = 4;
/** In real time, a thousand calls do not start at the same moment. */
const RAMP_UP_MS = 4_000;

interface PreparedCall {
  readonly opening: Buffer;
  /** Some frames of audio, one after another. */
  readonly media: Buffer;
  readonly ending: Buffer;
}

const plan = JSON.parse(process.argv[2] ?? '') as SenderPlan;
const framesPerWrite = plan.pace === 'flat out' ? FRAMES_PER_WRITE : 1;
const calls = Array.from({ length: plan.calls }, (_, index) => prepare(`${plan.callPrefix}${index}`));
if (plan.pace === 'flat out') {
  const sockets = await Promise.all(calls.map(() => openStreamSocket(plan.url)));
  sockets.forEach((socket, index) => socket.write(calls[index]?.opening ?? ''));
  process.send?.('ready');
  await Promise.all(sockets.map((socket, index) => sendFlatOut(socket, calls[index])));
  process.exit(0);
} else {
  await Promise.all(calls.map((call, index) => sendInRealTime(call, (index / calls.length) * RAMP_UP_MS)));
  process.send?.('ready');
}

function prepare(callSid: string): PreparedCall {
  const streamSid = `stream-${callSid}`;
  const identity = { callSid, streamSid, accountSid: 'bench1' };
  const announced = { ...identity, from: '+910000000001', to: '+910000000002', customParameters: {} };
  const start = shapes.strings.start({ ...announced, sampleRate: SAMPLE_RATE, sequence: 1 });
  const pcm = speechLikeNoise({ seconds: FRAME_MS / 1000, sampleRate: SAMPLE_RATE }).toString('base64');
  const media = Array.from({ length: framesPerWrite }, (_, index) =>
    textFrame(
      shapes.strings.media({
        streamSid,
        sequence: index + 2,
        chunk: index + 1,
        timestampMs: index * FRAME_MS,
        payload: pcm,
      }),
    ),
  );
  const stop = shapes.strings.stop({ ...identity, sequence: framesPerWrite + 2, reason: 'callended' });
  return {
    opening: Buffer.concat([textFrame(shapes.strings.connected()), textFrame(start)]),
    media: Buffer.concat(media),
    ending: Buffer.concat([textFrame(stop), closeFrame()]),
  };
}

/** Resolves when the server has received everything. */
async function sendFlatOut(socket: Socket, call: PreparedCall | undefined): Promise<void> {
  if (call === undefined) return;
  for (let sent = 0; sent < plan.framesPerCall; sent += framesPerWrite)
    if (!socket.write(call.media)) await once(socket, 'drain');
  socket.write(call.ending);
  await once(socket, 'close');
}

/** Resolves when the call has started; its audio continues. */
async function sendInRealTime(call: PreparedCall, delayMs: number): Promise<void> {
  await delay(delayMs);
  const socket = await openStreamSocket(plan.url);
  socket.write(call.opening);
  setInterval(() => socket.write(call.media), FRAME_MS);
}
