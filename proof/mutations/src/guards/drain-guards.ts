import { type Guard } from '../guard.ts';

const FULL_MEMORY = 'packages/call-log/src/release/full-memory.integration.test.ts';
const BROKEN_PARTITION = 'packages/call-log/src/feed/broken-partition.integration.test.ts';
const CONSUMERS = 'packages/call-log/src/feed/feed-consumers.integration.test.ts';
const COMPARISON = 'services/persister/src/store/comparison.integration.test.ts';
const SWEEP = 'services/session/src/live-state/sweep.integration.test.ts';

/**
 * Guards that keep consumers working: with a full Redis, a key of another type, a clock set back, a Postgres
 * that lost commits.
 */
export const drainGuards: readonly Guard[] = [
  {
    name: 'groups-without-memory',
    keeps: 'a feed without a group is read from a Redis that is out of memory',
    file: 'packages/call-log/src/feed/feed-groups.ts',
    text: '{ runsWithoutMemory: true }',
    without: '{}',
    test: {
      file: FULL_MEMORY,
      name: 'events from before the first consumer are read from a full Redis, committed and released',
    },
  },
  {
    name: 'letters-without-memory',
    keeps: 'a dead letter is written to a Redis that is out of memory',
    file: 'packages/call-log/src/dead-letters/dead-letter-script.ts',
    text: '{ runsWithoutMemory: true }',
    without: '{}',
    test: {
      file: FULL_MEMORY,
      name: 'a full Redis accepts dead letters, erasures and heartbeats of gateways',
    },
  },
  {
    name: 'ends-without-memory',
    keeps: 'a call without an end gets one from the sweep while Redis is out of memory',
    file: 'packages/call-log/src/append/append-script.ts',
    text: '{ runsWithoutMemory: true }',
    without: '{}',
    test: {
      file: FULL_MEMORY,
      name: 'a full Redis accepts the end of a call only from a sender that has it persisted',
    },
  },
  {
    name: 'release-while-short',
    keeps: 'a persisted call is not kept while Redis is short of memory',
    file: 'packages/call-log/src/commit/commit-calls.ts',
    text: 'isMemoryShort()\n',
    without: 'isMemoryShort() && false\n',
    test: {
      file: FULL_MEMORY,
      name: 'events from before the first consumer are read from a full Redis, committed and released',
    },
  },
  {
    name: 'head-outlives-log',
    keeps: 'a gateway finds the head of a persisted call, and does not resend it',
    file: 'packages/call-log/src/commit/commit-calls.ts',
    text: 'Math.max(keepMs, keepHeadMs)',
    without: 'keepMs',
    test: {
      file: 'packages/call-log/src/commit/commit-calls.integration.test.ts',
      name: 'the head of a finished call stays for at least a minute, even if the other keys expire earlier',
    },
  },
  {
    name: 'epoch-after-release',
    keeps: 'an event that comes after the log is deleted is archived from its first entry on',
    file: 'packages/call-log/src/append/append-script.ts',
    text: "local isReleased = known[4] and #call('XRANGE', log, '-', '+', 'COUNT', 1) == 0",
    without: 'local isReleased = false',
    test: {
      file: FULL_MEMORY,
      name: 'the next event of a released call starts a new epoch, and its duplicates are still recognized',
    },
  },
  {
    name: 'broken-feed-alone',
    keeps: 'a feed key of another type stops no other partition',
    file: 'packages/call-log/src/feed/feed-reader.ts',
    text: 'this.#readable = this.#keys.filter((key) => !unreadable.has(key));',
    without: 'this.#readable = this.#keys;',
    test: {
      file: BROKEN_PARTITION,
      name: 'a feed key of another type before consumers start stops only its own partition',
    },
  },
  {
    name: 'append-looks-at-feeds',
    keeps: 'an event whose call could not be requested is no duplicate when it is resent',
    file: 'packages/call-log/src/append/append-script.ts',
    text: "call('XRANGE', persist, '-', '+', 'COUNT', 0)\n",
    without: '',
    test: {
      file: BROKEN_PARTITION,
      name: 'a feed key of another type before consumers start stops only its own partition',
    },
  },
  {
    name: 'broken-set-alone',
    keeps: 'a key of another type stops no other part of the sweep',
    file: 'services/session/src/live-state/sweep.ts',
    text: 'if (!isFaultOfTheCall(error)) throw error;\n      broken.note(key, error);',
    without: 'throw error;',
    test: {
      file: SWEEP,
      name: 'a key of another type stops what is done with it alone, is told of, and is mended when it is gone',
    },
  },
  {
    name: 'stuck-by-our-clock',
    keeps: 'pending entries are claimed after the clock of Redis was set back',
    file: 'packages/call-log/src/feed/stuck-entries.ts',
    text: 'nowMs - sinceMs >= this.#options.claimIdleMs',
    without: 'nowMs < sinceMs',
    test: {
      file: CONSUMERS,
      name: 'an entry that is never idle by the clock of Redis is claimed by our own clock, whichever consumer had it',
    },
  },
  {
    name: 'places-after-a-clock-set-back',
    keeps: 'the slots of a tenant are freed after the clock of Redis was set back',
    file: 'services/stream-gateway/src/limits/call-slots.ts',
    text: "  redis.call('ZADD', KEYS[1], now, id)\n",
    without: '',
    test: {
      file: 'services/stream-gateway/src/limits/call-slots.integration.test.ts',
      name: 'a call that a clock which was set back since has seen in an hour counts as seen now, by take',
    },
  },
  {
    name: 'checkpoints-after-a-clock-set-back',
    keeps: 'checkpoints are requested after the clock of Redis was set back',
    file: 'packages/call-log/src/live/live-calls.ts',
    text: "...(await this.#redis.zrangebyscore(checkpoints, aheadMs, '+inf', ...limit)),",
    without: '',
    test: {
      file: 'packages/call-log/src/live/live-calls.integration.test.ts',
      name: 'checkpoints are requested if a clock that was set back since made them due in an hour',
    },
  },
  {
    name: 'checkpoints-over-http',
    keeps: 'a call over HTTP alone is in Postgres while it is in progress',
    file: 'packages/call-log/src/state/session-script.ts',
    text: 'if not known[2] or tonumber(known[2]) > 0 then',
    without: 'if known[2] and tonumber(known[2]) > 0 then',
    test: { file: SWEEP, name: 'a call over HTTP alone gets its checkpoints' },
  },
  {
    name: 'leave-the-group',
    keeps: 'a replica that stops does not stay in the group for ever',
    file: 'packages/call-log/src/feed/feed-consumer.ts',
    text: 'await reader.leave().catch(() => undefined);',
    without: '',
    test: { file: CONSUMERS, name: 'a consumer that is stopped leaves its group' },
  },
  {
    name: 'pending-keeps-a-consumer',
    keeps: 'a consumer is not removed together with entries that are not acknowledged',
    file: 'packages/call-log/src/feed/feed-consumers.ts',
    text: '> 0 then return 0 end',
    without: '> 1000 then return 0 end',
    test: {
      file: CONSUMERS,
      name: 'a consumer that stops with entries that are not acknowledged stays, and so do the entries',
    },
  },
  {
    name: 'compare-the-archive',
    keeps: 'a segment of the archive that Postgres lost is written again',
    file: 'packages/call-store/src/read/find-missing.ts',
    text: '(call.version is null or archived.entries',
    without: '(call.version is null and archived.entries',
    test: {
      file: COMPARISON,
      name: 'a call that went on, and was written since, gets back the stretch of its archive that was lost',
    },
  },
  {
    name: 'compare-with-another-server',
    keeps: 'calls are compared when Postgres restarted, or is another server',
    file: 'services/persister/src/store/comparison.ts',
    text: 'if (run !== lastRun) doubt.raise();',
    without: '',
    test: {
      file: COMPARISON,
      name: 'what is compared again: when the server is another, when a connection broke, and after a while',
    },
  },
  {
    name: 'ask-again-a-few-times',
    keeps: 'a call that Postgres never accepts is not persisted again for ever',
    file: 'packages/call-log/src/persisted/persisted-calls.ts',
    text: "if asked >= tonumber(ARGV[4]) then return 'given_up' end",
    without: '',
    test: {
      file: COMPARISON,
      name: 'several that find the same ask once, and a call that can not be had back is given up',
    },
  },
  {
    name: 'sweep-of-a-full-redis',
    keeps: 'calls of a dead gateway are ended even if Redis has no memory for checkpoints',
    file: 'services/session/src/live-state/sweep.ts',
    text: 'liveCalls.requestDueCheckpoints(partition).catch(laterIfFull);',
    without: 'liveCalls.requestDueCheckpoints(partition);',
    test: {
      file: 'services/session/src/live-state/sweep.integration.test.ts',
      name: 'while Redis has no memory for checkpoints, lost calls are given up all the same',
    },
  },
];
