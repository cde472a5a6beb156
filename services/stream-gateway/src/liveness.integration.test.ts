import { expect, test } from '@jest/globals';
import { waitUntil } from '@turnlog/test-kit';
import { dial } from './testing/bare-socket.ts';
import { framesOf } from './testing/frames.ts';
import { eventOf, typesOf } from './testing/test-gateway.ts';
import { openGateway } from './testing/open.ts';

test('a silent call ends as idle, and its socket is closed', async () => {
  const gateway = await openGateway({ IDLE_TIMEOUT_MS: '200' });
  const frames = framesOf();
  const socket = await dial(gateway.url);
  socket.send(frames.connected, frames.start, frames.media());
  const events = await gateway.eventsUntil(frames.callSid, 'call.disconnected');
  expect(eventOf(events, 'call.disconnected').data.reason).toBe('idle');
  expect(await socket.closed()).toBe(1006);
  expect(
    typesOf(await gateway.events(frames.callSid)).filter((type) => type === 'call.disconnected'),
  ).toHaveLength(1);
});

test('a peer that neither sends nor answers pings is half-open', async () => {
  const gateway = await openGateway({ PING_EVERY_MS: '100', IDLE_TIMEOUT_MS: '60000' });
  const frames = framesOf();
  const socket = await dial(gateway.url, { autoPong: false });
  socket.send(frames.start, frames.media());
  const events = await gateway.eventsUntil(frames.callSid, 'call.disconnected');
  expect(eventOf(events, 'call.disconnected').data.reason).toBe('half_open');
});

test('a peer that sends audio and never answers a ping stays connected', async () => {
  const gateway = await openGateway({ PING_EVERY_MS: '500', IDLE_TIMEOUT_MS: '60000' });
  const frames = framesOf();
  const socket = await dial(gateway.url, { autoPong: false });
  let pings = 0;
  socket.socket.on('ping', () => (pings += 1));
  socket.send(frames.start);
  await waitUntil(
    () => {
      socket.send(frames.media(20));
      return pings >= 2;
    },
    { what: 'two pings have come' },
  );
  expect(typesOf(await gateway.events(frames.callSid))).toEqual(['call.started']);
  socket.socket.terminate();
});

test('the heartbeat updates a live call repeatedly', async () => {
  const gateway = await openGateway({ HEARTBEAT_MS: '50' });
  const frames = framesOf();
  const socket = await dial(gateway.url);
  socket.send(frames.start);
  await gateway.eventsUntil(frames.callSid, 'call.started');
  const [live = ''] = await gateway.redis.keys(`${gateway.space.prefix}*live`);
  const seen = async () => Number(await gateway.redis.zscore(live, `default/${frames.callSid}`));
  const before = await seen();
  await waitUntil(async () => (await seen()) > before, { what: 'the call is seen again' });
  socket.socket.terminate();
});
