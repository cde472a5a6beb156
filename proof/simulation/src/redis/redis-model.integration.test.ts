/* Proves that the model behaves like Redis: random operations are executed on both, side by side. */
import { callId, createEvent, type CallKey } from '@turnlog/call-events';
import {
  allPartitions,
  callKeys,
  createAppender,
  createSessionSaver,
  createCommitter,
  DeadLetters,
  LiveCalls,
  partitionKeys,
  readCallLogs,
  readSession,
  toNewEvent,
  type AppendOutcome,
  type FeedName,
  type NewEvent,
} from '@turnlog/call-log';
import { createCommandClient, untilReady } from '@turnlog/redis-kit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { testKeyPrefix, testRedisUrl, createRng, type Rng } from '@turnlog/test-kit';
import { type Redis } from 'ioredis';
import { append } from './append.ts';
import { addDeadLetter, listDeadLetters, replayDeadLetter } from './dead-letters.ts';
import { findLost, requestDueCheckpoints, touch } from './live-calls.ts';
import { readLog } from './read-page.ts';
import { RedisModel } from './redis-model.ts';
import { type CallPart } from './redis-state.ts';
import { saveSession } from './save-session.ts';
import { commit } from './commit.ts';

const RUNS = 20;
const STEPS_PER_RUN = 60;
const CALLS = ['CA1', 'CA2', 'CA3'].map((callSid) => ({ tenant: 'default', callSid }));
const MAX_EVENTS = 12;
/** Some calls are full by this, and others by the number of their events. */
const LIMITS = { maxEvents: MAX_EVENTS, maxBytes: 2_100 };
const KEEP_MS = 3_600_000;
const PARTS: readonly CallPart[] = ['head', 'log', 'ids', 'session', 'turns'];

let redis: Redis;
beforeAll(async () => {
  redis = createCommandClient({ url: testRedisUrl(), name: 'test', onError: () => undefined });
  await untilReady(redis);
});
afterAll(() => redis.disconnect());

test('it answers as Redis does, and has the same contents', async () => {
  for (let seed = 1; seed <= RUNS; seed += 1) {
    const pair = createPair(createRng(seed));
    for (let step = 0; step < STEPS_PER_RUN; step += 1) {
      const { what, real, model } = await pair.step();
      expect({ seed, step, what, answer: model }).toEqual({ seed, step, what, answer: real });
      expect({ seed, step, what, state: pair.modelState() }).toEqual({
        seed,
        step,
        what,
        state: await pair.realState(),
      });
    }
  }
}, 120_000);

interface Compared {
  readonly what: string;
  readonly real: unknown;
  readonly model: unknown;
}

/**
 * A key space of Redis and a model of it, which receive the same operations. Each has its own epochs and
 * entry ids.
 */
function createPair(rng: Rng) {
  const space = { prefix: testKeyPrefix(), partitions: 2 };
  const model = new RedisModel({
    space,
    now: Date.now,
    sabotage: undefined,
    onAppended: () => undefined,
    onLogExpired: () => undefined,
  });
  const appender = createAppender(redis, space, LIMITS);
  const liveCalls = new LiveCalls(redis, space, 1e9);
  const letters = new DeadLetters(redis, space);
  const sent = new Map<string, number>();

  const epochsOf = async (call: CallKey, ofNow: boolean): Promise<readonly [real: string, model: string]> => {
    if (!ofNow) return ['other', 'other'];
    const real = await redis.hget(callKeys(space, call).head, 'epoch');
    // A head without an accepted event has no epoch.
    const { epoch = '' } = model.call(call).head ?? {};
    return [real ?? 'none', epoch === '' ? 'none' : epoch];
  };

  /** The ids of some entries of a feed, in each of the two. */
  const someEntries = async (call: CallKey, feed: FeedName): Promise<readonly [string[], string[]]> => {
    const partition = model.partitionOf(call);
    const key = partitionKeys(space, model.state.partitions.indexOf(partition))[feed];
    const real = (await redis.xrange(key, '-', '+')).map(([id]) => id);
    const modelled = [...partition[feed].entries.keys()];
    const from = rng.int(0, 2);
    const until = from + rng.int(0, 3);
    return [real.slice(from, until), modelled.slice(from, until)];
  };

  const steps: Readonly<Record<string, (call: CallKey) => Promise<Omit<Compared, 'what'>>>> = {
    append: async (call) => {
      const isOrdered = rng.chance(0.6);
      const source = rng.pick(['c1', 'c2']);
      const last = sent.get(`${call.callSid} ${source}`) ?? 0;
      // Usually the next event; sometimes a duplicate, or one after a hole.
      const first = Math.max(1, last + 1 + rng.pick([0, 0, 0, 0, -1, -2, 1]));
      const events = Array.from({ length: rng.int(1, 3) }, (_, index) =>
        anyEvent(rng, call, source, isOrdered ? first + index : undefined),
      );
      const seen = rng.chance(0.2) ? { unseenSinceMs: Date.now() + rng.pick([-1e9, 1e9]) } : {};
      const request = {
        call,
        events,
        mode: isOrdered ? ('ordered' as const) : ('unordered' as const),
        ...seen,
        ...rng.pick([{}, {}, {}, { isAcknowledged: true }, { isTenantFull: true }]),
      };
      const real = await appender.append(request);
      if (isOrdered && real.outcome === 'ok')
        sent.set(`${call.callSid} ${source}`, Math.max(last, first + events.length - 1));
      return { real: withoutEpoch(real), model: withoutEpoch(append(model, request, LIMITS)) };
    },
    save: async (call) => {
      const [realEpoch, modelEpoch] = await epochsOf(call, rng.chance(0.9));
      const [realIds, modelIds] = await someEntries(call, 'activity');
      const turnBase = model.call(call).turns.length + (rng.chance(0.2) ? 1 : 0);
      const turns = Array.from({ length: rng.int(0, 2) }, () => `turn ${rng.int(1, 99)}`);
      const save = {
        call,
        seq: rng.int(1, MAX_EVENTS),
        fields: { version: `${rng.int(1, 99)}` },
        turnBase,
        turns,
      };
      const checkpointEveryMs = rng.pick([-1_000, 1e9]);
      return {
        real: await createSessionSaver(
          redis,
          space,
          checkpointEveryMs,
        )({ ...save, epoch: realEpoch, entryIds: realIds }),
        model: saveSession(model, { ...save, epoch: modelEpoch, entryIds: modelIds }, checkpointEveryMs),
      };
    },
    commit: async (call) => {
      const [realEpoch, modelEpoch] = await epochsOf(call, rng.chance(0.9));
      const [realIds, modelIds] = await someEntries(call, 'persist');
      const seq = rng.int(0, model.call(call).head?.seq ?? 1);
      const isShort = rng.chance(0.3);
      const committed = { call, epoch: realEpoch, seq, entryIds: realIds };
      await createCommitter(redis, space, KEEP_MS, { isMemoryShort: () => isShort })([committed]);
      const keepMs = isShort ? undefined : KEEP_MS;
      commit(model, { call, epoch: modelEpoch, seq, entryIds: modelIds }, keepMs);
      return { real: undefined, model: undefined };
    },
    touch: async (call) => {
      await liveCalls.touch([call]);
      touch(model, [call]);
      return { real: undefined, model: undefined };
    },
    findLost: async () => {
      const lostAfterMs = rng.pick([-1_000, 1e9]);
      const named = (lost: readonly { call: CallKey; openConnections: readonly string[] }[]) =>
        lost.map(({ call, openConnections }) => [callId(call), [...openConnections].sort()]).sort();
      return {
        real: named(await liveCalls.findLost(0, lostAfterMs)),
        model: named(findLost(model, 0, lostAfterMs)),
      };
    },
    checkpoints: async () => {
      const partition = rng.int(0, 1);
      return {
        real: await liveCalls.requestDueCheckpoints(partition),
        model: requestDueCheckpoints(model, partition),
      };
    },
    letter: async (call) => {
      const [realIds, modelIds] = await someEntries(call, 'persist');
      const kind = rng.pick(['call', 'event'] as const);
      const letter = { call, kind, seq: rng.int(1, 3), reason: 'r', detail: 'd', original: 'o', atMs: 1 };
      await letters.add(letter, realIds);
      addDeadLetter(model, letter, modelIds);
      return { real: undefined, model: undefined };
    },
    replay: async (call) => {
      const isOfCall = (letter: { call: CallKey }) => letter.call.callSid === call.callSid;
      const real = (await letters.list()).find(isOfCall);
      const modelled = listDeadLetters(model).find(isOfCall);
      return {
        real: real && (await letters.replay(real)),
        model: modelled && replayDeadLetter(model, modelled),
      };
    },
    /** The keys of a call expire. */
    expire: async (call) => {
      const keys = callKeys(space, call);
      const parts = rng.chance(0.5) ? PARTS : PARTS.filter((part) => part !== 'head');
      for (const part of parts) if ((await redis.pttl(keys[part])) >= 0) await redis.del(keys[part]);
      const stored = model.call(call);
      for (const part of parts) if (stored.expiry.has(part)) stored.expiry.set(part, 0);
      return { real: undefined, model: undefined };
    },
  };

  return {
    step: async (): Promise<Compared> => {
      const what = rng.pick([...Object.keys(steps), 'append', 'append', 'append', 'save', 'commit']);
      const step = steps[what];
      if (step === undefined) throw new Error(`there is no step ${what}`);
      return { what, ...(await step(rng.pick(CALLS))) };
    },

    realState: async () => ({
      calls: await Promise.all(
        CALLS.map(async (call) => {
          const [log] = await readCallLogs(redis, space, [{ call, fromSeq: 1 }]);
          const { seq, ...fields } = (await readSession(redis, space, call))?.fields ?? {};
          const keys = callKeys(space, call);
          const ttls = await Promise.all(
            PARTS.map(async (part) => [part, await redis.pttl(keys[part])] as const),
          );
          return {
            log: { entries: log?.entries, lastSeq: log?.lastSeq, persistedSeq: log?.persistedSeq },
            session: { seq, version: fields['version'] },
            turns: await redis.lrange(keys.turns, 0, -1),
            ids: await redis.hgetall(keys.ids),
            expiring: ttls.flatMap(([part, ttl]) => (ttl >= 0 ? [part] : [])),
          };
        }),
      ),
      partitions: await Promise.all(
        allPartitions(space).map(async (partition) => {
          const keys = partitionKeys(space, partition);
          const feed = async (key: string) =>
            (await redis.xrange(key, '-', '+')).map(([, fields]) => toFields(fields));
          return {
            activity: await feed(keys.activity),
            persist: await feed(keys.persist),
            dead: await feed(keys.dead),
            live: (await redis.zrange(keys.live, '0', '-1')).sort(),
            checkpoints: (await redis.zrange(keys.checkpoints, '0', '-1')).sort(),
          };
        }),
      ),
    }),

    modelState: () => ({
      calls: CALLS.map((call) => {
        const { entries, lastSeq, persistedSeq } = readLog(model, { call, fromSeq: 1 });
        const stored = model.call(call);
        return {
          log: { entries, lastSeq, persistedSeq },
          session: {
            seq: stored.session === undefined ? undefined : String(stored.session.seq),
            version: stored.session?.fields['version'],
          },
          turns: stored.turns,
          ids: Object.fromEntries([...stored.ids].map(([id, known]) => [id, noted(id, known)])),
          expiring: PARTS.filter((part) => stored.expiry.has(part)),
        };
      }),
      partitions: model.state.partitions.map(({ activity, persist, dead, live, checkpoints }) => ({
        activity: [...activity.entries.values()].map(({ fields }) => fields),
        persist: [...persist.entries.values()].map(({ fields }) => fields),
        dead: [...dead.entries.values()].map(({ fields }) => fields),
        live: [...live.keys()].sort(),
        checkpoints: [...checkpoints.keys()].sort(),
      })),
    }),
  };
}

function anyEvent(rng: Rng, call: CallKey, source: string, sourceSeq: number | undefined): NewEvent {
  const rememberId = sourceSeq === undefined || rng.chance(0.3);
  const id = rememberId ? `remembered ${rng.int(1, 6)}` : `${source} ${sourceSeq}`;
  const origin = {
    ...{ call, source, atMs: 1_000, id },
    ...(sourceSeq !== undefined && { sourceSeq }),
    ...rng.pick([{}, { fingerprint: 'one' }, { fingerprint: 'another' }]),
    ...rng.pick([{}, {}, { revision: 1 }]),
  };
  const connectionId = rng.pick(['c1', 'c2']);
  const make = rng.pick([
    () => createEvent('call.started', { connectionId }, origin),
    () => createEvent('call.ended', { connectionId, reason: 'callended' }, origin),
    () => createEvent('call.status_reported', { status: rng.pick(['ringing', 'busy'] as const) }, origin),
    () => createEvent('turn.completed', { speaker: 'user', text: `${rng.int(1, 99)}` }, origin),
    () => createEvent('turn.completed', { speaker: 'user', text: `${rng.int(1, 99)}` }, origin),
  ]);
  return { ...toNewEvent(make(), { rememberId }), isRefused: rng.chance(0.05) };
}

/**
 * As the script writes it: an event that was appended although it is a conflict has its digest in its name.
 */
function noted(id: string, { seq, content }: { readonly seq: number; readonly content: string }): string {
  return content === '' || id.endsWith(`\0${content}`) ? `${seq}` : `${seq} ${content}`;
}

function withoutEpoch(outcome: AppendOutcome): unknown {
  return outcome.outcome === 'ok' ? { outcome: 'ok', results: outcome.results } : outcome;
}

function toFields(flat: readonly string[]): Record<string, string> {
  const fields: Record<string, string> = {};
  for (let i = 0; i + 1 < flat.length; i += 2) fields[String(flat[i])] = String(flat[i + 1]);
  return fields;
}
