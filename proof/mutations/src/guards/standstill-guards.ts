import { type Guard } from '../guard.ts';

/** Guards that keep one sender, or one call that cannot be stored, from blocking all others. */
export const standstillGuards: readonly Guard[] = [
  {
    name: 'callbacks-are-json-first',
    keeps: 'the time to refuse a callback that is not JSON is proportional to its length',
    file: 'packages/exotel/src/wire/read-json.ts',
    text: 'const value = JSON.parse(text) as unknown;',
    without: 'const value = mayBeChanged(text) ? undefined : (JSON.parse(text) as unknown);',
    test: {
      file: 'packages/exotel/src/callbacks/callbacks.test.ts',
      name: 'what is not a callback an endless text',
    },
  },
  {
    name: 'text-of-limited-depth',
    keeps: 'a text of a callback that is nested too deeply is refused',
    file: 'packages/exotel/src/callbacks/callback-fields.ts',
    text: 'if (isDeeperThan(MAX_DEPTH_OF_TEXT, value)) return false;',
    without: '',
    test: {
      file: 'packages/exotel/src/callbacks/callbacks.test.ts',
      name: 'what is not a callback deeply nested text',
    },
  },
  {
    name: 'late-calls-in-limited-reads',
    keeps: 'calls whose late events are due at the same time are read with limits',
    file: 'services/persister/src/persist/persist-calls.ts',
    text: 'persistTogether: (tasks) => this.#persistInReads(tasks),',
    without: 'persistTogether: (tasks) => this.#work.use(() => this.#persistTogether(tasks)),',
    test: {
      file: 'services/persister/src/persist/persist-calls.test.ts',
      name: 'calls whose late events are due at the same time are read no more at once than those of a batch',
    },
  },
  {
    name: 'refused-events-stand-back',
    keeps: 'spooled events that Redis refuses for their content block no others',
    file: 'packages/delivery/src/by-id/spool-outbox.ts',
    text: 'else if (isFaultOfTheCall(outcome?.reason)) refused.push(delivery);',
    without: 'else if (isFaultOfTheCall(outcome?.reason)) failed.push(delivery);',
    test: {
      file: 'packages/delivery/src/by-id/spool-outbox.test.ts',
      name: 'events that Redis refuses for what they are about hold up no others, however many they are',
    },
  },
  {
    name: 'replay-goes-on',
    keeps: 'a call that Redis refuses does not keep the others of a spool from it',
    file: 'packages/delivery/src/replay/replay-spool.ts',
    text: 'await withDeadline(replayed, NEXT_SOURCES_AFTER_MS);',
    without: 'await replayed;',
    test: {
      file: 'packages/delivery/src/replay/replay-spool.test.ts',
      name: 'calls that Redis refuses for what they are about do not keep the others of a spool from it',
    },
  },
  {
    name: 'flood-of-frames-ends',
    keeps: 'a stream cannot fill the memory of a gateway with events of its frames',
    file: 'services/stream-gateway/src/exotel/stream-socket.ts',
    text: 'if (this.#isFlooding()) {',
    without: 'if (this.#isFlooding() && this.#isRefused) {',
    test: {
      file: 'services/stream-gateway/src/resilience.integration.test.ts',
      name: 'a stream that floods the gateway with events while Redis is unavailable is ended, and others go on',
    },
  },
];
