import { type Guard } from '../guard.ts';

/** Guards that keep clients on a Redis that accepts their writes, and its writes in its log. */
export const redisClientGuards: readonly Guard[] = [
  {
    name: 'open-transaction',
    keeps: 'Redis appends nothing to a transaction that a loss of power has cut',
    file: 'packages/embedded/src/start-redis.ts',
    text: 'await dropOpenTransaction(dataDir)',
    without: '0',
    test: {
      file: 'packages/embedded/src/drop-open-transaction.integration.test.ts',
      name: 'writes after a loss of power in the middle of a transaction survive the next one',
    },
  },
  {
    name: 'default-user-may-read-the-file',
    keeps: 'a Redis with users of its own has the writes of its transactions after a restart',
    file: 'infra/redis/users.sh',
    text: 'user default off resetpass allkeys allchannels +@all',
    without: 'user default off resetpass resetkeys resetchannels -@all',
    test: {
      file: 'packages/local-stack/src/rights/least-rights.integration.test.ts',
      name: 'Redis has the writes of a transaction after a crash, whichever user made them',
    },
  },
  {
    name: 'following-redis',
    keeps: 'a client keeps looking when another primary is announced while it looks for one',
    file: 'packages/redis-kit/src/connect/following-redis.ts',
    text: 'if (!this.#isClosed) this.connect().catch(() => undefined);',
    without: '',
    test: {
      file: 'packages/redis-kit/src/connect/sentinel.integration.test.ts',
      name: 'a client keeps looking when another primary is announced while it looks for one',
    },
  },
  {
    name: 'read-only-reply-of-audio',
    keeps: 'the audio of a gateway leaves a primary that has become a replica',
    file: 'packages/call-log/src/audio/append-audio-script.ts',
    text: 'if isOfAll then return error end',
    without: '',
    test: {
      file: 'packages/call-log/src/audio/audio-stream.integration.test.ts',
      name: 'a client that appends audio to a server that has become read-only reconnects',
    },
  },
];
