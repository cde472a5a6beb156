import { type Guard } from '../guard.ts';

/** Guards that keep an entry of a feed from being left pending. */
export const feedGuards: readonly Guard[] = [
  {
    name: 'own-pending-read',
    keeps: 'a killed worker finds its pending entries after its restart',
    file: 'packages/call-log/src/feed/feed-consumer.ts',
    text: 'try {\n      await this.#takeAll(this.#reader.ownPending());',
    without: 'try {',
    test: {
      file: 'services/persister/src/redelivery.integration.test.ts',
      name: 'a restarted consumer begins with what it was given before',
    },
  },
  {
    name: 'own-pending-read-after-a-late-answer',
    keeps: 'entries in an answer that came after its deadline are not left pending',
    file: 'packages/call-log/src/feed/feed-consumer.ts',
    text: 'const isLate = this.#now() - readAt > blockMs + LATE_ANSWER_MS;',
    without: 'const isLate = readAt > Infinity;',
    test: {
      file: 'packages/call-log/src/feed/feed-consumer.integration.test.ts',
      name: 'reads again the entries of a reply that arrived after its deadline',
    },
  },
  {
    name: 'reclaim',
    keeps: 'a living worker claims the entries of a dead one',
    file: 'packages/call-log/src/feed/feed-consumer.ts',
    text: 'await this.#takeAll(this.#reader.reclaimed());',
    without: '',
    test: {
      file: 'services/persister/src/redelivery.integration.test.ts',
      name: 'what a dead consumer was given is claimed by a living one',
    },
  },
  {
    name: 'monotonic-clock-of-consumers',
    keeps: 'a consumer keeps claiming the entries of dead ones when the clock of its host is set back',
    file: 'packages/call-log/src/feed/feed-consumer.ts',
    text: 'this.#now = handling.now ?? (() => performance.now());',
    without: 'this.#now = handling.now ?? (() => Date.now());',
    test: {
      file: 'packages/call-log/src/feed/feed-consumer.integration.test.ts',
      name: 'claims the entries of a dead worker even if the clock of its own host is set back',
    },
  },
];
