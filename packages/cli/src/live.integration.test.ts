import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { encodeEvent } from '@turnlog/call-events';
import {
  AudioStreams,
  createAppender,
  DeadLetters,
  publishChange,
  toNewEvent,
  type KeySpace,
} from '@turnlog/call-log';
import { createCommandClient, untilReady } from '@turnlog/redis-kit';
import { freePort, testKeyPrefix, testRedisUrl, waitUntil } from '@turnlog/test-kit';
import type { Redis } from 'ioredis';
import { seedEvents, terminalWith } from './cli.test-support.ts';
import { runCli } from './run-cli.ts';

const CALL = { tenant: 'default', callSid: 'CA1' };

describe('turnlog on a Redis', () => {
  const space: KeySpace = { prefix: testKeyPrefix(), partitions: 2 };
  const env = () => ({ REDIS_URL: testRedisUrl(), KEY_PREFIX: space.prefix, PARTITIONS: '2' });
  let redis: Redis;
  let turnlog: ReturnType<typeof terminalWith>;
  let folder: string;
  beforeAll(async () => {
    redis = createCommandClient({ url: testRedisUrl(), name: 'test', onError: () => undefined });
    await untilReady(redis);
    turnlog = terminalWith(env());
    folder = await mkdtemp(path.join(os.tmpdir(), 'turnlog-cli-'));
  });
  afterAll(async () => {
    redis.disconnect();
    await rm(folder, { recursive: true });
  });

  it('monitor shows events of calls until it is interrupted', async () => {
    const ended = new AbortController();
    let out = '';
    const terminal = {
      env: env(),
      out: { write: (text: string | Uint8Array) => (out += text.toString()) },
      err: { write: () => undefined },
      in: Readable.from([]),
      signal: ended.signal,
      now: Date.now,
    };
    const watching = runCli(['monitor', '--call', 'CA1', '--utc'], terminal);
    await waitUntil(() => out.includes('Watching calls, none in progress'), { what: 'monitor watches' });

    const eventsOf = (callSid: string) =>
      seedEvents({ ...CALL, callSid }).map((event, index) => ({ seq: index + 1, text: encodeEvent(event) }));
    await publishChange(redis, space, { call: { ...CALL, callSid: 'CA2' }, events: eventsOf('CA2') });
    await publishChange(redis, space, {
      call: CALL,
      events: [{ seq: 0, text: 'no event' }, ...eventsOf('CA1')],
    });
    await waitUntil(() => out.includes('call ended'), { what: 'the end is shown' });
    ended.abort();

    expect(await watching).toBe(0);
    expect(out.split('\n').slice(2)).toEqual([
      '[11:15:00] CA1  📞 call started, +919800000001 → +918047000001',
      "[11:15:12] CA1  🤖 AI:         Hello! I'm calling from Real Estate...",
      '[11:15:18] CA1  👤 USER:       Hi, yes?',
      "[11:15:20] CA1  🤖 AI:         Great! What's your budget for this property?",
      '[11:15:25] CA1  👤 USER:       Around 50 lakhs',
      '[11:15:25] CA1  📊 budget: 5000000, location: Mumbai',
      '[11:15:40] CA1  🎯 outcome: qualified',
      '[11:15:45] CA1  🏁 call ended (callended)',
      '',
    ]);
  });

  it('audio writes both tracks', async () => {
    const streams = new AudioStreams(redis, space);
    for (const track of ['inbound', 'outbound'] as const) {
      const batch = { track, sampleRate: 8_000, pcm: Buffer.alloc(1_600), offsetMs: 0, connectionId: 'c1' };
      await streams.append([{ call: CALL, batch }], { maxBatches: 10, keepMs: 60_000 });
    }
    const file = path.join(folder, 'x.wav');
    const { code, out } = await turnlog('audio', 'CA1', '--out', file);
    expect({ code, out }).toEqual({
      code: 0,
      out: `🔊 ${file}: 0.1 s at 8000 Hz, the caller left, the agent right\n`,
    });
    expect(await readFile(file)).toHaveLength(44 + 2 * 1_600);

    const piped = await turnlog('audio', 'CA1', '--out', '-');
    expect(piped.out).toBe((await readFile(file)).toString('latin1'));
    expect(piped.err).toBe('🔊 -: 0.1 s at 8000 Hz, the caller left, the agent right\n');
  });

  it('audio has a sentence for a call without any, and for a file that cannot be written', async () => {
    const file = path.join(folder, 'missing', 'x.wav');
    expect((await turnlog('audio', 'CA0', '--out', file)).err).toMatch(/^There is no audio of a call "CA0"/);
    expect((await turnlog('audio', 'CA1', '--out', file)).err).toMatch(/^The audio can't be written: ENOENT/);
    const inContainer = terminalWith({ ...env(), TURNLOG_COMMAND: 'docker compose run --rm turnlog' });
    expect((await inContainer('audio', 'CA1', '--out', file)).err).toMatch(/use --out - > call\.wav\n$/);
    expect((await turnlog('audio', 'CA1')).err).toBe('Say where to write the audio: --out call.wav\n');
  });

  it('dead-letters lists dead letters, shows one, and replays it', async () => {
    expect((await turnlog('dead-letters', 'list')).out).toBe('✉️  There are no dead letters.\n');
    const letter = {
      call: CALL,
      kind: 'call',
      seq: 8,
      reason: '22021',
      detail: 'invalid byte sequence',
      original: '{"text":"\u0007"}',
      atMs: Date.UTC(2026, 0, 25, 11, 15, 45),
    } as const;
    const [started] = seedEvents(CALL);
    if (started === undefined) throw new Error('the call has no events');
    const events = [toNewEvent(started, { rememberId: true })];
    await createAppender(redis, space, { maxEvents: 10 }).append({ call: CALL, events, mode: 'unordered' });
    await new DeadLetters(redis, space).add(letter, []);

    const listed = await turnlog('dead-letters', 'list', '--utc');
    const [, id = ''] =
      /^(\d+:\d+-\d+) {2}default\/CA1 {2}2026-01-25 11:15:45 {2}call 8: 22021/m.exec(listed.out) ?? [];
    const shown = await turnlog('dead-letters', 'show', id);
    expect(shown.out).toContain('  Reason:  22021\n');
    expect(shown.out).toContain('    {"text":"<U+0007>"}\n');
    expect((await turnlog('dead-letters', 'replay', id)).out).toBe(
      '♻️  1 dead letter(s) handed back to the persister.\n',
    );
    expect(await turnlog('dead-letters', 'replay', id)).toMatchObject({ code: 1, out: '' });
    expect(JSON.parse((await turnlog('dead-letters', 'list', '--json')).out)).toEqual([]);
  });

  it('dead-letters shows the start of the log that a dead letter points at', async () => {
    const call = { ...CALL, callSid: 'CApointed' };
    const events = seedEvents(call)
      .slice(0, 3)
      .map((event) => toNewEvent(event, { rememberId: true }));
    await createAppender(redis, space, { maxEvents: 10 }).append({ call, events, mode: 'unordered' });
    const log = { epoch: 'e', fromSeq: 1, toSeq: 5, bytes: 4_000_000 };
    const reason = { kind: 'call', reason: 'too_large', detail: 'its row has 70 MiB' } as const;
    const letters = new DeadLetters(redis, space);
    await letters.add({ call, seq: 5, original: '', log, atMs: Date.now(), ...reason }, []);
    const [letter] = (await letters.list()).filter((each) => each.call.callSid === 'CApointed');
    const { out } = await turnlog('dead-letters', 'show', letter?.id ?? '');
    expect(out).toContain('  Log:     events 1 to 5 of epoch e, 4000000 bytes');
    expect(out).toContain(seedEvents(call)[2]?.id);
    expect(out).toContain('… and 2 more event(s) in the log');
    expect((await turnlog('dead-letters', 'replay', letter?.id ?? '')).code).toBe(0);
  });

  it('dead-letters keeps a dead letter whose call has expired, and reports it', async () => {
    const call = { ...CALL, callSid: 'CAexpired' };
    const letter = { call, seq: 8, reason: '22021', detail: '', original: '{}', atMs: Date.now() };
    await new DeadLetters(redis, space).add({ ...letter, kind: 'call' }, []);
    const { code, out } = await turnlog('dead-letters', 'replay', '--all', '--json');
    const [id = ''] = (JSON.parse(out) as { kept: string[] }).kept;
    expect({ code, ...(JSON.parse(out) as object) }).toEqual({ code: 1, replayed: [], kept: [id], gone: [] });
    expect((await turnlog('dead-letters', 'show', id)).out).toContain('default/CAexpired\n');
  });

  it.each([
    [['forget'], /^Unknown action "forget" for dead letters\. Usage:/],
    [['show'], /^Name a dead letter\./],
    [['show', 'x'], /^There is no dead letter "x"/],
    [['replay'], /^Name one dead letter, or use --all\./],
  ])('dead-letters has a sentence for %j', async (args, sentence) => {
    const { code, err } = await turnlog('dead-letters', ...args);
    expect(code).toBe(1);
    expect(err).toMatch(sentence);
  });
});

describe('turnlog without its Redis', () => {
  it('reports that it cannot be reached', async () => {
    const url = `redis://:secret@127.0.0.1:${await freePort()}`;
    const { code, err } = await terminalWith({ REDIS_URL: url })('monitor');
    expect(code).toBe(1);
    expect(err).toMatch(/^Redis at redis:\/\/127\.0\.0\.1:\d+ can't be reached: .*\. Is it running\?\n$/);
  });

  it('says how to name one', async () => {
    const { code, err } = await terminalWith({})('dead-letters', 'list');
    expect({ code, err }).toEqual({
      code: 1,
      err: 'No Redis is known: start Turnlog here with "npm start", or name one with --redis or REDIS_URL.\n',
    });
  });

  it('needs a gateway to call', async () => {
    const { code, err } = await terminalWith({})('load');
    expect(code).toBe(1);
    expect(err).toMatch(/^No gateway is known: start Turnlog here/);
  });
});
