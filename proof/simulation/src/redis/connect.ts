import { type CallKey } from '@turnlog/call-events';
import {
  changeOf,
  type Appender,
  type AppendRequest,
  type DeadLetter,
  type LiveCalls,
  type ReadCallLogs,
  type ReadLogPages,
  type SessionSave,
  type SessionSaved,
  type CommittedCall,
  type StoredDeadLetter,
} from '@turnlog/call-log';
import { type SimProcess } from '../kernel/sim-process.ts';
import { append } from './append.ts';
import { addDeadLetter, listDeadLetters, replayDeadLetter } from './dead-letters.ts';
import { COMMAND_TIMEOUT_MS, createReader, type ReaderOptions } from './feed-reader.ts';
import { findLost, requestDueCheckpoints, touch } from './live-calls.ts';
import { type RedisAccess } from './redis-access.ts';
import { type RedisModel } from './redis-model.ts';
import { readLog, readPage } from './read-page.ts';
import { saveSession } from './save-session.ts';
import { releaseExpiring, commit } from './commit.ts';
import { createTrials } from './trials.ts';

const MAX_EVENTS = 10_000;
/**
 * Above this share of the memory gateways append only ends: consumers need room to drain. Less than by
 * default, because a single event takes a tenth of such a small memory.
 */
const MAX_MEMORY_SHARE = 0.5;
/** Above this share persisted calls are released. */
const RELEASE_MEMORY_SHARE = 0.4;

/** All requests of a service to Redis, from one process over connections that may fail. */
export function connectToRedis(process: SimProcess, access: RedisAccess) {
  const { server, model, keepKeysMs, checkpointEveryMs, maxCallBytes, maxPageBytes } = access;
  const limits = { maxEvents: MAX_EVENTS, maxBytes: maxCallBytes };
  const isMemoryShort = (): boolean =>
    model.sabotage !== 'release-while-short' && model.memoryShare > RELEASE_MEMORY_SHARE;

  const command = <T>(what: string, effect: () => T, describe?: (answer: T) => string): Promise<T> =>
    process.request({
      server,
      what,
      effect,
      timeoutMs: COMMAND_TIMEOUT_MS,
      ...(describe !== undefined && { describe }),
    });

  const appenderWithin = (assertRoom: (request: AppendRequest) => void): Appender => ({
    append: (request) => {
      const names = request.events.map(({ event }) => event.id).join(' ');
      return command(
        `append ${request.call.callSid} [${names}]`,
        () => {
          assertRoom(request);
          const outcome = append(model, request, limits);
          if (model.sabotage === 'expiry-after-commit') expireWhenClosed(model, request.call, keepKeysMs);
          return outcome;
        },
        (outcome) => JSON.stringify(outcome),
      );
    },
  });

  const readLogs: ReadCallLogs = (requests) =>
    command('read heads', () => requests.map((request) => readLog(model, request)));

  const readPages: ReadLogPages = (requests) =>
    command(
      `read ${requests.map(({ call, fromSeq }) => `${call.callSid} from ${fromSeq}`).join(', ')}`,
      () => requests.map((request) => readPage(model, request, maxPageBytes)),
      (logs) =>
        logs.map(({ epoch, lastSeq, persistedSeq }) => `${epoch} ${lastSeq}/${persistedSeq}`).join(', '),
    ).then((pages) => process.hold(pages, total(pages.map(({ bytes }) => bytes))));

  const liveCalls: Pick<LiveCalls, 'touch' | 'findLost' | 'requestDueCheckpoints'> = {
    touch: (calls) => command('touch', () => touch(model, calls)),
    findLost: (partition, lostAfterMs, passOver) =>
      command(
        'find lost',
        () => findLost(model, partition, lostAfterMs, passOver),
        (lost) => lost.map(({ call }) => call.callSid).join(' '),
      ),
    requestDueCheckpoints: (partition) =>
      command(
        'checkpoints',
        () => {
          model.assertRoom();
          return requestDueCheckpoints(model, partition);
        },
        String,
      ),
  };

  return {
    appender: appenderWithin((request) => assertRoomFor(model, request)),
    /** The sweep's: ends of calls are accepted even if no memory is left. */
    endsAppender: appenderWithin(() => {
      if (model.sabotage === 'ends-without-memory') model.assertRoom();
    }),
    readLogs,
    readPages,
    trials: createTrials(model, command),
    liveCalls,
    serverTimeMs: () => command('time', () => Math.floor(model.now())),
    save: (save: SessionSave): Promise<SessionSaved> =>
      command(
        `save ${save.call.callSid} ${save.seq} turns ${save.turnBase}+${save.turns.length} ack ${save.entryIds.join(' ')}`,
        () => {
          model.assertRoom();
          return saveSession(model, save, checkpointEveryMs);
        },
        (saved) => JSON.stringify(saved),
      ),
    publish: () => command('publish', () => undefined),
    commit: async (committed: readonly CommittedCall[]): Promise<void> => {
      await Promise.all(
        committed.map((each) =>
          command(`commit ${each.call.callSid} ${each.seq} ack ${each.entryIds.join(' ')}`, () => {
            if (model.sabotage === 'commit-without-memory') model.assertRoom();
            commit(model, each, isMemoryShort() ? undefined : keepKeysMs);
          }),
        ),
      );
    },
    relieve: (): Promise<number> =>
      command('relieve', () => (isMemoryShort() ? releaseExpiring(model) : 0), String),
    letters: {
      add: (letter: DeadLetter, entryIds: readonly string[]): Promise<void> =>
        command(`letter ${letter.kind} ${letter.call.callSid} ${letter.seq}`, () =>
          addDeadLetter(model, letter, entryIds),
        ),
      list: () => command('list letters', () => listDeadLetters(model)),
      replay: (letter: StoredDeadLetter) =>
        command(`replay ${letter.id}`, () => replayDeadLetter(model, letter), String),
    },
    reader: (options: ReaderOptions) => createReader(process, access, options),
  };
}

/** Redis, as one process sees it. */
export type RedisPorts = ReturnType<typeof connectToRedis>;

/** Reports need more room than ends. */
function assertRoomFor(model: RedisModel, { events, isAcknowledged = false }: AppendRequest): void {
  const isReport = !isAcknowledged && events.some((event) => changeOf(event) === '');
  model.assertRoom(isReport ? MAX_MEMORY_SHARE : 1);
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}

function expireWhenClosed(model: RedisModel, call: CallKey, ms: number): void {
  const stored = model.call(call);
  if (stored.head?.open === 0) model.expire(stored, ['head', 'log', 'ids', 'session', 'turns'], ms);
}
