import { type Guard } from '../guard.ts';

/** Guards that keep the rows of Postgres complete, and never lower them. */
export const persisterGuards: readonly Guard[] = [
  {
    name: 'version-guard',
    keeps: 'a row is never lowered by an older fold that comes late',
    file: 'packages/call-store/src/write/write-calls.ts',
    text: 'and excluded.version > call_sessions.version`',
    without: '`',
    test: {
      file: 'packages/call-store/src/write/write-calls.integration.test.ts',
      name: 'a batch of calls raises a row and never lowers it',
    },
  },
  {
    name: 'expiry-after-the-last-event',
    keeps: 'no key of a call starts to expire while events of it are not in Postgres',
    file: 'packages/call-log/src/commit/commit-calls.ts',
    text: 'and persisted >= tonumber(known[2])',
    without: '',
    test: {
      file: 'packages/call-log/src/commit/commit-calls.integration.test.ts',
      name: 'a call with events that are not in Postgres yet does not expire',
    },
  },
  {
    name: 'acknowledge-what-is-settled',
    keeps: 'the entries of a call that could not be committed are not acknowledged with those of others',
    file: 'packages/call-log/src/commit/commit-calls.ts',
    text: 'if ok then',
    without: 'if true then',
    test: {
      file: 'packages/call-log/src/commit/commit-calls.integration.test.ts',
      name: 'of calls that are committed together, the entries of one that cannot be committed stay',
    },
  },
  {
    name: 'expiry-after-commit',
    keeps: 'nothing is acknowledged, and no key starts to expire, before the commit',
    file: 'services/persister/src/persist/persist-batch.ts',
    text: 'const written = await this.#write(decodable, earlierAttempts);',
    without: `await this.#commit(decodable.map((call) => ({ ...call, kind: 'persisted' })) as never);
    const written = await this.#write(decodable, earlierAttempts);`,
    test: {
      file: 'services/persister/src/service.integration.test.ts',
      name: 'the keys of a call begin to expire only after the commit',
    },
  },
  {
    name: 'fault-of-one-call',
    keeps: 'a call that fails in Redis blocks no other',
    file: 'services/persister/src/persist/read-logs.ts',
    text: "return isFaultOfTheCall(error) ? 'unknown' : 'unavailable';",
    without: "return 'unavailable';",
    test: {
      file: 'services/persister/src/dead-letters.integration.test.ts',
      name: 'a call that breaks between its commit and its acknowledgement holds up no other',
    },
  },
  {
    name: 'write-slots',
    keeps: 'a slow Postgres is not taken for dead by a batch that waits for a connection',
    file: 'services/persister/src/persist/persist-calls.ts',
    text: 'this.#writes = new Semaphore(maxWrites);',
    without: 'this.#writes = new Semaphore(1_000);',
    test: {
      file: 'services/persister/src/service.integration.test.ts',
      name: 'no more is written at once than there are connections, however much waits',
    },
  },
  {
    name: 'capped-pause',
    keeps: 'persisting resumes within seconds after Postgres returns, however long it was unavailable',
    file: 'services/persister/src/persist/persist-feed.ts',
    text: 'const PAUSE = { minMs: 100, maxMs: 5_000 };',
    without: 'const PAUSE = { minMs: 100, maxMs: 600_000 };',
    test: {
      file: 'services/persister/src/postgres-away.integration.test.ts',
      name: 'the pause before another attempt grows to five seconds and no further, however long Postgres is away',
    },
  },
  {
    name: 'late-letter',
    keeps: 'a replayed dead letter is not written again for a late request',
    file: 'packages/call-log/src/dead-letters/dead-letter-script.ts',
    text: 'id, id) == 0 and isAskedFor() then',
    without: 'id, id) == 0 then',
    test: {
      file: 'packages/call-log/src/dead-letters/dead-letters.integration.test.ts',
      name: 'a replayed dead letter is written again for later entries, and not for a request that arrives late',
    },
  },
  {
    name: 'rows-of-another-fold-version',
    keeps: 'after an upgrade no row is taken for damaged because other rules folded it',
    file: 'packages/call-store/src/verify/compare-call.ts',
    text: 'if (isOfOtherFold(stored)) return counts;',
    without: '',
    test: {
      file: 'packages/call-store/src/verify/verify-call.integration.test.ts',
      name: 'verifying a call does not report a row of another fold version as damaged',
    },
  },
];
