import { once } from 'node:events';
import { type IncomingMessage } from 'node:http';
import { type AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type WebSocket, WebSocketServer } from 'ws';
import { tone } from '../audio/synthesise.ts';
import {
  decodeAudio,
  encodeClear,
  encodeMark,
  encodeMedia,
  type ParsedFrame,
  parseExotelFrame,
} from '@turnlog/exotel';
import { shapes, type ShapeName } from '../shapes/shapes.ts';
import { placeCall } from './simulated-call.ts';

interface ServedCall {
  socket: WebSocket;
  request: IncomingMessage;
  frames: ParsedFrame[];
  closed: Promise<number>;
}

const idle = (): void => undefined;
let server: WebSocketServer;
let url: string;
let served: ServedCall[] = [];
let onFrame: (frame: ParsedFrame, call: ServedCall) => void = idle;
let isRefusing = false;
let handshakes = 0;

beforeAll(async () => {
  const verifyClient = (): boolean => {
    handshakes += 1;
    return !isRefusing;
  };
  server = new WebSocketServer({ port: 0, host: '127.0.0.1', verifyClient });
  server.on('connection', serve);
  await once(server, 'listening');
  url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/exotel/stream`;
});

afterEach(() => {
  served = [];
  onFrame = idle;
  isRefusing = false;
  handshakes = 0;
});

afterAll(() => {
  for (const client of server.clients) client.terminate();
  server.close();
});

function serve(socket: WebSocket, request: IncomingMessage): void {
  const closed = new Promise<number>((resolve) => socket.once('close', resolve));
  const call: ServedCall = { socket, request, frames: [], closed };
  served.push(call);
  socket.on('message', (data) => {
    const frame = parseExotelFrame(data as Buffer);
    call.frames.push(frame);
    onFrame(frame, call);
  });
}

function onlyCall(): ServedCall {
  const [call] = served;
  if (call === undefined || served.length > 1) throw new Error(`${served.length} calls were served`);
  return call;
}

const kinds = (frames: ParsedFrame[]): string[] => frames.map((frame) => frame.kind);

function audioOf(frames: ParsedFrame[]): Buffer {
  const payloads = frames.map((frame) => (frame.kind === 'media' ? decodeAudio(frame.payload) : undefined));
  return Buffer.concat(payloads.map((audio) => (audio?.ok === true ? audio.pcm : Buffer.alloc(0))));
}

const audio = tone({ seconds: 0.25, sampleRate: 8000 });
const botAudio = (ms: number) => ({
  ...{ streamSid: 'MZ1', sequence: 1, chunk: 1, timestampMs: 0 },
  audio: Buffer.alloc(16 * ms),
});

describe('a whole call', () => {
  test.each(Object.keys(shapes) as ShapeName[])('arrives in order in the shape %s', async (shape) => {
    const call = placeCall({ url, audio, shape, pace: 'flat-out', callSid: 'CA1', streamSid: 'MZ1' });
    expect(await call.connected).toBe(true);
    const report = await call.finished;
    const { frames, closed } = onlyCall();

    expect(await closed).toBe(1000);
    expect(kinds(frames)).toEqual(['connected', 'start', 'media', 'media', 'media', 'stop']);
    expect(frames[1]).toMatchObject({ callSid: 'CA1', streamSid: 'MZ1' });
    expect(audioOf(frames)).toStrictEqual(audio);
    expect(report).toMatchObject({
      callSid: 'CA1',
      framesSent: 6,
      mediaFramesSent: 3,
      audioBytesSent: audio.length,
      end: { how: 'hung-up', closeCode: 1000 },
    });
  });

  test('numbers all events with one counter and media with another', async () => {
    await placeCall({ url, audio, pace: 'flat-out' }).finished;
    const { frames } = onlyCall();
    expect(frames.slice(1).map((frame) => 'sequence' in frame && frame.sequence)).toEqual([1, 2, 3, 4, 5]);
    const media = frames.filter((frame) => frame.kind === 'media');
    expect(media.map((frame) => [frame.chunk, frame.timestamp])).toEqual([
      [1, '0'],
      [2, '100'],
      [3, '200'],
    ]);
    expect(frames.at(-1)).toMatchObject({ kind: 'stop', reason: 'callended' });
  });

  test('lasts as long as its audio, or that divided by the pace', async () => {
    const seconds = async (pace: 'realtime' | number): Promise<number> => {
      const startedAt = performance.now();
      await placeCall({ url, audio: pace === 'realtime' ? 0.6 : 12, pace }).finished;
      return (performance.now() - startedAt) / 1000;
    };
    expect(await seconds('realtime')).toBeGreaterThan(0.59);
    const tenTimesFaster = await seconds(10);
    expect(tenTimesFaster).toBeGreaterThan(1.19);
    expect(tenTimesFaster).toBeLessThan(12);
  });

  test('stays open in silence until the caller hangs up', async () => {
    await placeCall({ url, audio, hangUpAfterMs: 1000, pace: 'flat-out' }).finished;
    const heard = audioOf(onlyCall().frames);
    expect(heard.subarray(0, audio.length)).toStrictEqual(audio);
    expect(heard.subarray(audio.length).every((byte) => byte === 0)).toBe(true);
    expect(kinds(onlyCall().frames).filter((kind) => kind === 'media')).toHaveLength(10);
  });

  test('announces the parameters of its URL and of its options, and the rate asked for', async () => {
    const withUser = url.replace('ws://', 'ws://exo:tel@');
    const customParameters = { lead: '42' };
    await placeCall({ url: `${withUser}?lang=hi`, audio: 0.1, customParameters, sampleRate: 16000 }).finished;
    await placeCall({ url: `${url}?leads/42&sample-rate=24000`, audio: 0.1 }).finished;
    const [first, second] = served;

    expect(first?.request.url).toBe('/exotel/stream?lang=hi&lead=42&sample-rate=16000');
    expect(first?.request.headers.authorization).toBe(`Basic ${btoa('exo:tel')}`);
    expect(first?.frames[1]).toMatchObject({ customParameters, mediaFormat: { sampleRate: 16000 } });
    expect(audioOf(first?.frames ?? [])).toHaveLength(3200);
    expect(second?.frames[1]).toMatchObject({
      customParameters: { 'leads/42': '' },
      mediaFormat: { sampleRate: 24000 },
    });
    expect(audioOf(second?.frames ?? [])).toHaveLength(4800);
  });
});

describe('what the bot sends', () => {
  test('is counted, and a mark comes back when the audio before it has been played', async () => {
    let sentAt = 0;
    const returns: [string, number][] = [];
    const call = placeCall({ url, audio: 0.8, hangUpAfterMs: Infinity });
    onFrame = (frame, { socket }) => {
      if (frame.kind === 'mark') returns.push([frame.name, performance.now() - sentAt]);
      if (returns.length === 3) call.hangUp();
      if (frame.kind !== 'start') return;
      sentAt = performance.now();
      socket.send(encodeMark({ streamSid: 'MZ1', sequence: 1, name: 'at once' }));
      for (const name of ['first', 'second']) {
        socket.send(encodeMedia(botAudio(200)));
        socket.send(encodeMark({ streamSid: 'MZ1', sequence: 1, name }));
      }
    };
    const report = await call.finished;

    expect(returns.map(([name]) => name)).toEqual(['at once', 'first', 'second']);
    const [, first = 0, second = 0] = returns.map(([, ms]) => ms);
    expect(first).toBeGreaterThan(190);
    expect(second).toBeGreaterThan(390);
    expect(report).toMatchObject({
      botAudio: { frames: 2, bytes: 6400, durationMs: 400 },
      marksReceived: ['at once', 'first', 'second'],
      marksReturned: ['at once', 'first', 'second'],
    });
  });

  test('is cleared: marks that waited come back and those of a finished call never do', async () => {
    const call = placeCall({ url, audio: 0.3, hangUpAfterMs: Infinity });
    onFrame = (frame, { socket }) => {
      if (frame.kind === 'mark') call.hangUp();
      if (frame.kind !== 'start') return;
      socket.send(encodeMedia(botAudio(20_000)));
      socket.send(encodeMark({ streamSid: 'MZ1', sequence: 1, name: 'cleared' }));
      socket.send(encodeClear({ streamSid: 'MZ1', sequence: 2 }));
      socket.send(encodeMedia(botAudio(20_000)));
      socket.send(encodeMark({ streamSid: 'MZ1', sequence: 3, name: 'never' }));
    };
    const report = await call.finished;
    expect(report).toMatchObject({
      clearsReceived: 1,
      marksReceived: ['cleared', 'never'],
      marksReturned: ['cleared'],
    });
  });

  test('is passed to the test, and ignored on a one-way stream', async () => {
    onFrame = (frame, { socket }) => {
      if (frame.kind === 'start') socket.send(encodeMark({ streamSid: 'MZ1', sequence: 1, name: 'm' }));
    };
    const seen: ParsedFrame[] = [];
    const onServerFrame = (frame: ParsedFrame): void => {
      seen.push(frame);
      call.hangUp();
    };
    const options = { hangUpAfterMs: Infinity, applet: 'stream', onServerFrame } as const;
    const call = placeCall({ url, audio: 0.2, ...options });
    const report = await call.finished;
    expect(kinds(seen)).toEqual(['mark']);
    expect(report).toMatchObject({ marksReceived: [], marksReturned: [], otherFramesReceived: 1 });
  });
});

describe('the caller', () => {
  test('presses keys and hangs up on request', async () => {
    const call = placeCall({ url, audio: 60 });
    onFrame = (frame) => {
      if (frame.kind === 'media' && frame.chunk === 1) call.sendDtmf('#');
      if (frame.kind === 'dtmf') call.hangUp('stopped');
    };
    const report = await call.finished;
    const { frames } = onlyCall();
    expect(report.end.how).toBe('hung-up');
    expect(frames.find((frame) => frame.kind === 'dtmf')).toMatchObject({ digit: '#', durationMs: 100 });
    expect(frames.at(-1)).toMatchObject({ kind: 'stop', reason: 'stopped' });
    call.hangUp();
    expect(frames).toHaveLength(report.framesSent);
  });

  test('has no keys on a one-way stream', async () => {
    const call = placeCall({ url, audio: 0, applet: 'stream' });
    expect(() => call.sendDtmf('1')).toThrow(/no keys/);
    await call.finished;
  });

  test.each([1000, 1005, 1006] as const)('closes with %i after stop', async (closeCode) => {
    await placeCall({ url, audio: 0.1, pace: 'flat-out', closeCode }).finished;
    const { closed, frames } = onlyCall();
    expect(await closed).toBe(closeCode);
    expect(frames.at(-1)).toHaveProperty('kind', 'stop');
  });
});

describe('a call that is cut', () => {
  test.each([
    ['no-stop', 1000],
    ['terminate', 1006],
  ] as const)('by %s ends without stop and with code %i', async (drop, code) => {
    const report = await placeCall({ url, audio: 0.2, pace: 'flat-out', drop }).finished;
    const { closed, frames } = onlyCall();
    expect(await closed).toBe(code);
    expect(kinds(frames)).toEqual(['connected', 'start', 'media', 'media']);
    expect(report.end).toMatchObject({ how: 'dropped', closeCode: code });
  });

  test('half-open leaves a socket that answers no ping, until it is terminated', async () => {
    const call = placeCall({ url, audio: 0.2, hangUpAfterMs: Infinity });
    await call.connected;
    const { socket, closed } = onlyCall();
    let pongs = 0;
    socket.on('pong', () => (pongs += 1));
    socket.ping();
    await once(socket, 'pong');

    call.drop('half-open');
    const { end } = await call.finished;
    socket.ping();
    const silence = await Promise.race([
      closed,
      new Promise((resolve) => setTimeout(resolve, 300, 'silence')),
    ]);
    expect(end).toMatchObject({ how: 'dropped', closeCode: undefined });
    expect([silence, pongs]).toEqual(['silence', 1]);

    call.drop('terminate');
    expect(await closed).toBe(1006);
  });

  test('by the server has its close code and reason', async () => {
    onFrame = (frame, { socket }) => {
      if (frame.kind === 'media') socket.close(1012, 'restarting');
    };
    const { end } = await placeCall({ url, audio: 60 }).finished;
    expect(end).toMatchObject({ how: 'closed-by-server', closeCode: 1012, closeReason: 'restarting' });
  });

  test('by its signal ends at once, connected or not', async () => {
    const controller = new AbortController();
    onFrame = () => controller.abort();
    const report = await placeCall({ url, audio: 60, signal: controller.signal }).finished;
    expect(report.end.how).toBe('aborted');
    const late = placeCall({ url, audio: 60, signal: controller.signal });
    expect(await late.connected).toBe(false);
    expect((await late.finished).end.how).toBe('aborted');
  });
});

describe('a call that never connects', () => {
  test('tries a refused handshake once more, then reports it', async () => {
    isRefusing = true;
    const call = placeCall({ url, audio: 60 });
    expect(await call.connected).toBe(false);
    expect(await call.finished).toMatchObject({
      framesSent: 0,
      end: { how: 'handshake-failed', closeCode: undefined, error: expect.stringContaining('401') },
    });
    expect(handshakes).toBe(2);
  });

  test.each([
    [{ url: 'http://user:canary@host/', audio: 1 }, /ws:\/\/ or wss:\/\//],
    [{ url: 'ws://host', audio: Number.NaN }, /audio/],
    [{ url: 'ws://host', audio: 1, frameMs: 0 }, /frameMs/],
    [{ url: 'ws://host', audio: 1, hangUpAfterMs: -1 }, /hangUpAfterMs/],
    [{ url: 'ws://host', audio: 1, pace: 0 }, /pace/],
  ])('refuses %j', (options, message) => {
    expect(() => placeCall(options)).toThrow(message);
    expect(() => placeCall(options)).not.toThrow('canary');
  });
});

test('five hundred calls at once all arrive whole', async () => {
  // As many handshakes take their time, and none of them is to be tried a second time.
  const options = { url, audio: 1, pace: 4, shape: 'live', handshakeTimeoutMs: 60_000 } as const;
  const calls = Array.from({ length: 500 }, (_, i) => placeCall({ ...options, callSid: `CA${i}` }));
  const reports = await Promise.all(calls.map((call) => call.finished));
  await Promise.all(served.map((call) => call.closed));
  expect(reports.every((report) => report.end.how === 'hung-up' && report.framesSent === 13)).toBe(true);
  expect(new Set(served.map(({ frames }) => frames.length))).toEqual(new Set([13]));
  const sids = served.map(({ frames }) => frames.find((frame) => frame.kind === 'start')?.callSid);
  expect(new Set(sids).size).toBe(500);
});
