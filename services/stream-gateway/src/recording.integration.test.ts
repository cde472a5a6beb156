import { expect, test } from '@jest/globals';
import { placeCall, shapes, type ShapeName } from '@turnlog/exotel-simulator';
import { waitUntil } from '@turnlog/test-kit';
import { dial } from './testing/bare-socket.ts';
import { framesOf } from './testing/frames.ts';
import { eventOf, typesOf } from './testing/test-gateway.ts';
import { openGateway } from './testing/open.ts';

test.each(Object.keys(shapes) as ShapeName[])(
  'a call in the shape "%s" is recorded from start to stop',
  async (shape) => {
    const gateway = await openGateway();
    const call = placeCall({ url: gateway.url, audio: 1, shape, pace: 'flat-out' });
    const report = await call.finished;

    expect(report.end.how).toBe('hung-up');
    const events = await gateway.eventsUntil(call.callSid, 'call.ended');
    expect(typesOf(events)).toEqual(['call.started', 'audio.summarised', 'call.ended']);
    const started = eventOf(events, 'call.started');
    expect(started.data).toMatchObject({ streamSid: call.streamSid, applet: 'voicebot', sampleRate: 8000 });
    expect(started.source).toBe(started.data.connectionId);
    expect(events.map(({ sourceSeq }) => sourceSeq)).toEqual([1, 2, 3]);
    expect(eventOf(events, 'audio.summarised').data).toMatchObject({
      inboundBytes: 16_000,
      inboundMs: 1000,
      frames: 10,
    });
    expect(eventOf(events, 'call.ended').data.reason).toBe(shape === 'minimal' ? 'stopped' : 'callended');
  },
);

test('the record has the fields of the start, without secrets of the URL', async () => {
  const gateway = await openGateway();
  const call = placeCall({
    url: `${gateway.url}?token=hidden&sample-rate=16000`,
    audio: 0.2,
    pace: 'flat-out',
    customParameters: { campaign: 'diwali' },
    from: '+919812345678',
    to: '+918000000000',
  });
  const events = await gateway.eventsUntil(call.callSid, 'call.ended');
  expect(eventOf(events, 'call.started').data).toMatchObject({
    from: '+919812345678',
    to: '+918000000000',
    accountSid: 'simulated',
    sampleRate: 16_000,
    customParameters: { campaign: 'diwali' },
  });
  expect(JSON.stringify(events)).not.toContain('hidden');
});

test('the stop is logged with its established wording, and no line has a phone number', async () => {
  const gateway = await openGateway();
  const { callSid, finished } = placeCall({ url: gateway.url, audio: 0.1, pace: 'flat-out' });
  await finished;
  await gateway.eventsUntil(callSid, 'call.ended');
  expect(gateway.logLines).toContainEqual(
    expect.objectContaining({ msg: 'Call stopped', call_sid: callSid }),
  );
  expect(JSON.stringify(gateway.logLines)).not.toContain('9800000001');
});

test.each([
  ['no-stop', 'socket_closed'],
  ['terminate', 'socket_closed'],
] as const)('a call whose socket goes without stop (%s) is disconnected', async (drop, reason) => {
  const gateway = await openGateway();
  const call = placeCall({ url: gateway.url, audio: 0.5, pace: 'flat-out', drop });
  const events = await gateway.eventsUntil(call.callSid, 'call.disconnected');
  expect(typesOf(events)).toEqual(['call.started', 'audio.summarised', 'call.disconnected']);
  expect(eventOf(events, 'call.disconnected').data).toMatchObject({
    reason,
    closeCode: drop === 'terminate' ? 1006 : 1000,
  });
});

test('the first ending counts: stop, then an abnormal close', async () => {
  const gateway = await openGateway();
  const frames = framesOf();
  const socket = await dial(gateway.url);
  socket.send(frames.start, frames.media(), frames.stop, frames.stop, frames.media());
  await gateway.eventsUntil(frames.callSid, 'call.ended');
  socket.socket.terminate();
  await waitUntil(async () => (await gateway.metric('gateway_connections')) === 0, {
    what: 'the socket is gone',
  });
  expect(typesOf(await gateway.events(frames.callSid))).toEqual([
    'call.started',
    'audio.summarised',
    'call.ended',
  ]);
});

test('two sockets of one call are two connections in one log', async () => {
  const gateway = await openGateway();
  const frames = framesOf();
  const [one, two] = [await dial(gateway.url), await dial(gateway.url)];
  one.send(frames.start, frames.dtmf('1'));
  two.send(frames.start, frames.dtmf('2'));
  await waitUntil(async () => (await gateway.events(frames.callSid)).length === 4, {
    what: 'all four events are there',
  });
  one.send(frames.stop);
  two.socket.close();
  await gateway.eventsUntil(frames.callSid, 'call.disconnected');
  const events = await gateway.eventsUntil(frames.callSid, 'call.ended');
  expect(new Set(events.map(({ source }) => source)).size).toBe(2);
  expect(typesOf(events).sort()).toEqual([
    'audio.summarised',
    'audio.summarised',
    'call.disconnected',
    'call.ended',
    'call.started',
    'call.started',
    'dtmf.pressed',
    'dtmf.pressed',
  ]);
});

test('media, a key and a mark before start belong to the call, audio included', async () => {
  const gateway = await openGateway();
  const frames = framesOf();
  const socket = await dial(gateway.url);
  socket.send(
    frames.media(100),
    frames.dtmf('7'),
    frames.mark('hello'),
    frames.media(100),
    frames.start,
    frames.stop,
  );
  const events = await gateway.eventsUntil(frames.callSid, 'call.ended');
  expect(typesOf(events)).toEqual([
    'call.started',
    'dtmf.pressed',
    'mark.played',
    'audio.summarised',
    'call.ended',
  ]);
  expect(eventOf(events, 'audio.summarised').data.inboundMs).toBe(200);
});

test('a stream without start is recorded under the id in its URL', async () => {
  const gateway = await openGateway();
  const { callSid, media } = framesOf();
  const socket = await dial(`${gateway.url}?call_sid=${callSid}`);
  socket.send(media(), media());
  socket.socket.close();
  const events = await gateway.eventsUntil(callSid, 'call.disconnected');
  expect(eventOf(events, 'audio.summarised').data.inboundMs).toBe(200);
  expect(eventOf(events, 'call.started').data.customParameters).toEqual({});
});

test('a stream without a call sid is recorded under the id of its connection', async () => {
  const gateway = await openGateway();
  const { media } = framesOf();
  const socket = await dial(gateway.url);
  socket.send(media(), media());
  socket.socket.close();
  const line = await waitUntil(
    () => gateway.logLines.find(({ call_sid: sid }) => String(sid).startsWith('unidentified-')),
    { what: 'the call is logged' },
  );
  const events = await gateway.eventsUntil(String(line['call_sid']), 'call.disconnected');
  expect(eventOf(events, 'audio.summarised').data.inboundMs).toBe(200);
  await waitUntil(async () => (await gateway.metric('gateway_unidentified_calls_total')) === 1, {
    what: 'it is counted',
  });
});

test('a socket that sends nothing leaves no call behind', async () => {
  const gateway = await openGateway();
  const socket = await dial(gateway.url);
  socket.send(framesOf().connected);
  socket.socket.close();
  await socket.closed();
  await waitUntil(async () => (await gateway.metric('gateway_connections')) === 0, {
    what: 'the socket is gone',
  });
  expect(await gateway.redis.keys(`${gateway.space.prefix}*`)).toEqual([]);
});

test('a second start of the same call erases nothing, and a start of another call begins its own record', async () => {
  const gateway = await openGateway();
  const [first, second] = [framesOf(), framesOf()];
  const socket = await dial(gateway.url);
  socket.send(
    first.start,
    first.dtmf('1'),
    first.start,
    first.dtmf('2'),
    second.start,
    second.dtmf('3'),
    second.stop,
  );
  const ended = await gateway.eventsUntil(second.callSid, 'call.ended');
  expect(typesOf(ended)).toEqual(['call.started', 'dtmf.pressed', 'audio.summarised', 'call.ended']);
  const events = await gateway.eventsUntil(first.callSid, 'call.disconnected');
  expect(typesOf(events).filter((type) => type === 'dtmf.pressed')).toHaveLength(2);
  expect(eventOf(events, 'call.disconnected').data.reason).toBe('superseded');
});

test('a word of the other side is recorded, and only known words are logged', async () => {
  const gateway = await openGateway();
  const frames = framesOf();
  const socket = await dial(gateway.url);
  const stop = { event: 'stop', stop: { call_sid: frames.callSid, reason: 'Ramesh' } };
  socket.send(frames.start, { event: 'Meera' }, { event: 'silence' }, stop);
  const events = await gateway.eventsUntil(frames.callSid, 'call.ended');
  expect(eventOf(events, 'call.ended').data.reason).toBe('Ramesh');
  const lines = JSON.stringify(gateway.logLines);
  expect(lines).not.toMatch(/Ramesh|Meera/);
  for (const told of ['"reason":"other:6"', '"kind":"other:5"', '"kind":"silence"']) {
    expect(lines).toContain(told);
  }
});

test('garbage is counted, and the socket stays open', async () => {
  const gateway = await openGateway();
  const frames = framesOf();
  const socket = await dial(gateway.url);
  socket.send(
    frames.start,
    'not json',
    '[]',
    { event: 'silence' },
    { event: 'silence' },
    { event: 'media', media: { payload: 'AAA*AAAA' } },
    { event: 'media', media: { payload: Buffer.from('{"a":1}').toString('base64') } },
    { event: 'media', media: { payload: Buffer.alloc(23).toString('base64') } },
    frames.stop,
  );
  const events = await gateway.eventsUntil(frames.callSid, 'call.ended');
  expect(eventOf(events, 'audio.summarised').data).toMatchObject({
    frames: 3,
    invalidFrames: 2,
    inboundBytes: 22,
  });
  expect(gateway.logLines.filter(({ kind }) => kind === 'silence')).toHaveLength(1);
  await waitUntil(async () => (await gateway.metric('gateway_odd_frames_total')) === 1, {
    what: 'the last of them is counted',
  });
  expect(await gateway.metric('gateway_unknown_frames_total')).toBe(2);
  expect(await gateway.metric('gateway_invalid_frames_total{reason="not_json"')).toBe(1);
  expect(await gateway.metric('gateway_invalid_frames_total{reason="invalid_base64"')).toBe(1);
});

test('NUL and lone surrogates in a start become storable, and the frame is kept as it came', async () => {
  const gateway = await openGateway();
  const { callSid } = framesOf();
  const socket = await dial(gateway.url);
  const start = `{"event":"start","call_sid":"${callSid}","stream_sid":"s","custom_parameters":{"a":"x\\u0000\\ud800"}}`;
  socket.send(start);
  const events = await gateway.eventsUntil(callSid, 'call.started');
  const started = eventOf(events, 'call.started');
  expect(started.data.customParameters).toEqual({ a: 'x\uFFFD\uFFFD' });
  expect(Buffer.from(started.original ?? '', 'base64').toString()).toBe(start);
  socket.socket.terminate();
});

test('the URL or the setting of the path makes a stream one-way', async () => {
  const gateway = await openGateway({ MEDIA_APPLET: 'stream' });
  const [byUrl, byPath] = [framesOf(), framesOf()];
  const one = await dial(`${gateway.url}?applet=stream`);
  const two = await dial(gateway.url.replace('/exotel/stream', '/media'));
  one.send(byUrl.start);
  two.send(byPath.start);
  for (const { callSid } of [byUrl, byPath]) {
    const events = await gateway.eventsUntil(callSid, 'call.started');
    expect(eventOf(events, 'call.started').data.applet).toBe('stream');
  }
  one.socket.terminate();
  two.socket.terminate();
});
