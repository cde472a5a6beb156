import { type Guard } from '../guard.ts';

/** Guards that keep one call, large or slow, from stopping the others. */
export const largeCallGuards: readonly Guard[] = [
  {
    name: 'page-bytes',
    keeps: 'a log is read in pages of limited size',
    file: 'packages/call-log/src/read/page-script.ts',
    text: 'or bytes + #text > maxBytes) then',
    without: ') then',
    test: {
      file: 'packages/call-log/src/read/page-reader.integration.test.ts',
      name: 'a page ends before it exceeds its limit, and holds one entry whatever its size',
    },
  },
  {
    name: 'same-epoch-of-pages',
    keeps: 'pages of two epochs of a log are never folded together',
    file: 'packages/call-log/src/read/page-reader.ts',
    text: 'if (page?.epoch !== first.epoch) throw new LogChangedError(first.call);',
    without: '',
    test: {
      file: 'packages/call-log/src/read/page-reader.integration.test.ts',
      name: 'a log with another epoch at its second page is not read further',
    },
  },
  {
    name: 'pinned-log',
    keeps: 'a log that a dead letter points at does not expire',
    file: 'packages/call-log/src/commit/commit-calls.ts',
    text: 'not isOpen and not known[5] and',
    without: 'not isOpen and',
    test: {
      file: 'packages/call-log/src/dead-letters/dead-letters.integration.test.ts',
      name: 'a dead letter that points at its log keeps it from expiring until it is replayed',
    },
  },
  {
    name: 'largest-row',
    keeps: 'a call that is too large for a row is dead-lettered, and is not retried',
    file: 'services/persister/src/persist/fold-long-call.ts',
    text: 'if (bytes > maxRowBytes)',
    without: 'if (bytes > Infinity)',
    test: {
      file: 'services/persister/src/long-calls.integration.test.ts',
      name: 'a call that is too large for a row is set aside with a letter that points at its log, and the log stays',
    },
  },
  {
    name: 'archive-before-row',
    keeps: 'the row of a long call is never without its archive',
    file: 'services/persister/src/persist/persist-calls.ts',
    text: 'for await (const segments of longSegments(outcome, read, this.#options)) {',
    without: 'for await (const segments of [] as never[]) {',
    test: {
      file: 'services/persister/src/long-calls.integration.test.ts',
      name: 'a log that is longer than what is held at once is folded page by page, and archived as a whole',
    },
  },
  {
    name: 'too-large-for-a-live-state',
    keeps: 'a call that is too large for a live state does not take the memory of the service',
    file: 'services/session/src/live-state/fold-call.ts',
    text: 'if (memoryBytes > maxCallMemoryBytes) {',
    without: 'if (memoryBytes > Infinity) {',
    test: {
      file: 'services/session/src/live-state/fold-activity.integration.test.ts',
      name: 'a fold of the activity feed leaves a call alone that is too large for a live state, and says so once',
    },
  },
  {
    name: 'long-log-beside-the-others',
    keeps: 'a long log is folded while the live states of other calls are updated',
    file: 'services/session/src/live-state/fold-activity.ts',
    text: 'for (const each of found) if (!each.log.isLast) this.#longFolds.add(each);',
    without:
      'for (const each of found) if (!each.log.isLast) { this.#longFolds.add(each); await this.#longFolds.settled(); }',
    test: {
      file: 'services/session/src/live-state/fold-activity.integration.test.ts',
      name: 'a fold of the activity feed folds a long log beside the others, and acknowledges it when all of it is folded',
    },
  },
  {
    name: 'halved-batch',
    keeps: 'a batch that takes too long is retried in halves',
    file: 'services/persister/src/store/bisect.ts',
    text: "  timeout: 'slow',\n",
    without: '',
    test: {
      file: 'services/persister/src/slow-calls.integration.test.ts',
      name: 'a Postgres that takes long for each row is handed as many as it can write in time',
    },
  },
  {
    name: 'locked-row-waits-alone',
    keeps: 'one locked row blocks no other call, and is not an outage of Postgres',
    file: 'services/persister/src/store/bisect.ts',
    text: "  locked: 'slow',\n",
    without: '',
    test: {
      file: 'services/persister/src/slow-calls.integration.test.ts',
      name: 'a call whose row is locked waits by itself: others pass, Postgres counts as up, and it is written afterwards',
    },
  },
  {
    name: 'gathered-late-events',
    keeps: 'a whole row is not written again for each late event',
    file: 'services/persister/src/persist/deferred-calls.ts',
    text: 'else if (joined.isLate && this.#options.gatherLateMs > 0) {',
    without: 'else if (joined.isLate && this.#options.gatherLateMs > Infinity) {',
    test: {
      file: 'services/persister/src/slow-calls.integration.test.ts',
      name: 'events that come after the end of a call are written together, and acknowledged after that',
    },
  },
  {
    name: 'killed-readers',
    keeps: 'a call that kills its readers is dead-lettered before it is tried again',
    file: 'services/persister/src/persist/try-suspects.ts',
    text: 'if ((await trials.begin(call)) > MAX_TRIALS) {',
    without: 'if ((await trials.begin(call)) > Infinity) {',
    test: {
      file: 'services/persister/src/killed-readers.integration.test.ts',
      name: 'a call whose trials did not come back is set aside before it is tried again, and its neighbours are persisted',
    },
  },
  {
    name: 'killed-readers-for-good',
    keeps:
      'a call that was set aside for killing its readers does not count as survived, and kills no more of them',
    file: 'services/persister/src/persist/try-suspects.ts',
    text: 'new KilledItsReaderError());\n      return;',
    without: 'new KilledItsReaderError());\n      await trials.survive(call);\n      return;',
    test: {
      file: 'services/persister/src/killed-readers.integration.test.ts',
      name: 'what asks for a call that was set aside is not read either',
    },
  },
  {
    name: 'fields-of-an-earlier-state',
    keeps: 'a state does not show what was collected after it, although states share the fields',
    file: 'packages/call-events/src/fold/collected-reports.ts',
    text: 'if (shared.merged > this.length) return',
    without: 'if (shared.merged < 0) return',
    test: {
      file: 'packages/call-events/src/fold/collected-reports.test.ts',
      name: 'reports keep their fields when others are made of them and are read first',
    },
  },
];
