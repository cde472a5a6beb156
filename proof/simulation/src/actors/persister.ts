import { consumeFeed } from '@turnlog/call-log';
import { CallPersister, CallWriter, DatabaseWatch, Suspects, type PersistObserver } from '@turnlog/persister';
import { backoffDelayMs, createLogger } from '@turnlog/service-kit';
import { type SimProcess } from '../kernel/sim-process.ts';
import { postgresOf, redisOf, type Surroundings } from './surroundings.ts';

const PAUSE = { minMs: 100, maxMs: 5_000 };
const SUSPECT_LIMITS = { maxFailures: 5, minAgeMs: 60_000 };
/** Small, so that calls of a few dozen events are folded page by page. */
const LIMITS = { maxRowBytes: 64_000_000, maxMemoryBytes: 1_000_000_000, maxHeldBytes: 8_000 };
const GATHER_LATE_MS = 1_500;
const RELIEVE_EVERY_MS = 1_000;
const SILENT = createLogger({ service: 'simulation', level: 'fatal' });

/**
 * Starts one life of a persister. Its tasks, folding, batches, bisecting, dead letters and loop are the real
 * ones.
 */
export function startPersister(process: SimProcess, surroundings: Surroundings): void {
  const { isDeadly } = surroundings;
  const { blockMs, claimIdleMs, batchCalls } = surroundings.settings;
  const { readPages, commit, letters, trials, reader, relieve } = redisOf(process, surroundings);
  process.every(RELIEVE_EVERY_MS, () => void relieve().catch(() => undefined));
  const report = reportTo(process);
  const watch = new DatabaseWatch(SILENT, process.now);
  const client = { feed: 'persist' as const, consumer: process.name, count: batchCalls };
  const postgres = postgresOf(process, surroundings);
  const persister = new CallPersister({
    readPages: async (requests) => {
      const pages = await readPages(requests);
      const isFatal = pages.some(({ call, entries }) => entries.length > 0 && isDeadly(call));
      return isFatal ? process.dieOf() : pages;
    },
    writer: new CallWriter(postgres, watch, { maxCalls: batchCalls, onPaused: report.paused }),
    commit,
    letters,
    trials,
    ping: postgres.ping,
    suspects: new Suspects(SUSPECT_LIMITS, process.now),
    report,
    limits: LIMITS,
    batchCalls,
    maxWrites: 2,
    gatherLateMs: GATHER_LATE_MS,
    onBeat: () => undefined,
    onTrouble: (error) => process.tell(() => `tries later: ${String(error)}`),
    onLongCall: () => undefined,
    isStopping: () => false,
    now: process.now,
    startTimer: (ms, run) => process.startTimer(ms, run),
    random: surroundings.random,
  });
  consumeFeed(reader({ ...client, blockMs, claimIdleMs }), {
    blockMs,
    reclaimEveryMs: claimIdleMs / 3,
    readAhead: { fromEntries: batchCalls, maxReads: 3 },
    handle: (entries) => persister.handle(entries),
    onTurn: () => undefined,
    onError: (error) => process.tell(() => `reads again: ${String(error)}`),
    onLost: report.lost,
    backoffMs: (attempt) => backoffDelayMs(attempt - 1, { ...PAUSE, random: surroundings.random }),
    now: process.now,
    pause: process.pause,
  });
}

function reportTo(process: SimProcess): PersistObserver {
  return {
    persistedCalls: () => 0,
    timed: (_calls, write) => write(),
    persisted: ({ task, result, summary }) =>
      process.tell(() => `${task.call.callSid} v${summary.version} is ${result}`),
    gone: ({ task, log: { epoch, lastSeq, persistedSeq } }) =>
      process.tell(() => `${task.call.callSid} is gone (${epoch ?? 'no head'} ${lastSeq}/${persistedSeq})`),
    paused: (_calls, trouble) => process.tell(() => `pauses: ${trouble.message}`),
    failed: ({ call }, error, result) => process.tell(() => `${call.callSid} is ${result}: ${String(error)}`),
    deadLettered: ({ call, kind, seq }) =>
      process.tell(() => `letter ${kind} ${call.callSid} ${seq} is written`),
    letterFailed: ({ call }) => process.tell(() => `letter of ${call.callSid} could not be written`),
    lost: (count) => process.tell(() => `${count} entries are lost`),
  };
}
