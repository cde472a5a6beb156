import { expect, test } from '@jest/globals';
import { placeCall } from '@turnlog/exotel-simulator';
import { once } from 'node:events';
import { type AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { eventOf } from './testing/test-gateway.ts';
import { afterTest, openGateway } from './testing/open.ts';

/** Exotel's frames as their documentation has them. Anything else is not a frame. */
const EXOTEL_EVENTS = new Set(['connected', 'start', 'media', 'dtmf', 'mark', 'stop', 'clear']);

interface Frame {
  readonly event: string;
  readonly stream_sid?: string;
  readonly media?: { readonly payload: string };
}

/**
 * An echo bot as one would write it from Exotel's pages alone, without Turnlog's messages. It records everything that
 * it receives and that is not Exotel's.
 */
async function startEchoBot(): Promise<{ url: string; heard: string[]; strange: unknown[] }> {
  const heard: string[] = [];
  const strange: unknown[] = [];
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  server.on('connection', (socket) => {
    socket.on('message', (data: Buffer) => {
      const frame = JSON.parse(data.toString()) as Frame;
      heard.push(frame.event);
      if (!EXOTEL_EVENTS.has(frame.event)) strange.push(frame);
      if (frame.event === 'media') {
        const { stream_sid, media } = frame;
        socket.send(JSON.stringify({ event: 'media', stream_sid, media: { payload: media?.payload } }));
        socket.send(JSON.stringify({ event: 'mark', stream_sid, mark: { name: `m${heard.length}` } }));
      }
      if (frame.event === 'dtmf')
        socket.send(JSON.stringify({ event: 'clear', stream_sid: frame.stream_sid }));
    });
  });
  await once(server, 'listening');
  afterTest(async () => {
    for (const client of server.clients) client.terminate();
    server.close();
    await once(server, 'close');
  });
  return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`, heard, strange };
}

test('a bot that speaks Exotel’s protocol and does not know Turnlog works unchanged', async () => {
  const bot = await startEchoBot();
  const gateway = await openGateway({ AGENT_URL: bot.url });
  const call = placeCall({ url: gateway.url, audio: 1, frameMs: 100, hangUpAfterMs: 1_500 });
  await call.connected;
  call.sendDtmf('5');
  const report = await call.finished;

  expect(report.end.how).toBe('hung-up');
  // All but what was on its way when the caller hung up.
  expect(report.botAudio.bytes).toBeGreaterThan(report.audioBytesSent / 2);
  expect(report.marksReceived.length).toBeGreaterThan(report.mediaFramesSent / 2);
  expect(report.clearsReceived).toBe(1);
  expect(report.otherFramesReceived).toBe(0);
  expect(bot.strange).toEqual([]);
  expect(bot.heard.slice(0, 2)).toEqual(['connected', 'start']);
  expect(bot.heard.at(-1)).toBe('stop');
  const events = await gateway.eventsUntil(report.callSid, 'call.ended');
  const { inboundBytes, outboundBytes } = eventOf(events, 'audio.summarised').data;
  expect(inboundBytes).toBe(report.audioBytesSent);
  expect(outboundBytes).toBeGreaterThanOrEqual(report.botAudio.bytes);
});
