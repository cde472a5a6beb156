import { type Guard } from '../guard.ts';

const MATCHER_TEST = 'packages/cli/src/privacy/phones/phone-matcher.test.ts';
const PERSON_TEST = 'packages/cli/src/erase-person.integration.test.ts';
const STORE_TEST = 'packages/call-store/src/privacy/privacy.integration.test.ts';

/**
 * Guards that find all of a person and nothing of another, and separate an erasure from concurrent writes.
 */
export const privacyGuards: readonly Guard[] = [
  {
    name: 'writers-share-the-lock-of-a-call',
    keeps: 'an erasure notices the writes of the call that are in progress',
    file: 'packages/call-store/src/schema/migrations/0007-erasure-locks.ts',
    text: 'perform pg_advisory_xact_lock_shared(call_lock(new.tenant, new.call_sid));',
    without: '',
    test: { file: STORE_TEST, name: 'an erased call is not written by a write that waited for the erasure' },
  },
  {
    name: 'erasure-locks-no-table',
    keeps: 'an erasure beside a VACUUM neither waits for it nor stops the persister',
    file: 'packages/call-store/src/privacy/call-lock.ts',
    text: 'if (!(await takeLock(transaction, call, waitMs))) return { locked: false };',
    without: 'await sql`lock table call_sessions in share mode`.execute(transaction);',
    test: {
      file: STORE_TEST,
      name: 'an erased call is erased while a VACUUM has its lock, and blocks no writer',
    },
  },
  {
    name: 'phone-parameter-in-the-lead',
    keeps: "the campaign's own `phone` is not overwritten by the dialled number",
    file: 'packages/call-events/src/record/call-record.ts',
    text: '...Object.fromEntries(parameters.map(([name, { value }]) => [name, value])),',
    without:
      '...Object.fromEntries(parameters.map(([name, { value }]) => [name, value])), ...(phone !== undefined && { phone }),',
    test: {
      file: 'packages/call-events/src/record/lead.test.ts',
      name: 'the lead keeps a custom parameter of the name phone as it came',
    },
  },
  {
    name: 'numbers-that-end-alike',
    keeps: 'a stranger with the same digits under another country code is not erased',
    file: 'packages/cli/src/privacy/phones/phone-matcher.ts',
    text: "return isPossiblePhone(plus + prefix + national, region) ? 'none' : 'ambiguous';",
    without: "return 'certain';",
    test: {
      file: MATCHER_TEST,
      name: 'numbers that end alike belong to two people if a country code distinguishes them',
    },
  },
  {
    name: 'ambiguous-numbers-are-left',
    keeps: 'a number without a country code is not taken for one of another country',
    file: 'packages/cli/src/privacy/phones/phone-matcher.ts',
    text: "const asNational = isOfRegion ? 'certain' : 'ambiguous';",
    without: "const asNational = 'certain' as Finding;",
    test: {
      file: MATCHER_TEST,
      name: 'numbers that end alike belong to two people and without a country code it is ambiguous',
    },
  },
  {
    name: 'archive-is-searched',
    keeps: 'a person whose number is only in the archive is found',
    file: 'packages/cli/src/privacy/said-of-calls.ts',
    text: 'yield { ...stored, beganAt: beginOf(stored) };',
    without: 'void beginOf(stored);',
    test: {
      file: PERSON_TEST,
      name: 'a person is found in an archive whose row has another number, and in a row whose archive is missing',
    },
  },
  {
    name: 'live-state-is-searched',
    keeps: 'a person who is only in Redis is found',
    file: 'packages/cli/src/privacy/said-of-calls.ts',
    text: 'for await (const call of places.eraser.calls()) if (isAsked(call)) yield* saidInRedis(places, call);',
    without: '',
    test: {
      file: PERSON_TEST,
      name: 'a person is found in Redis alone: in a log, a live state and a dead letter',
    },
  },
  {
    name: 'an-absent-call-is-told',
    keeps: 'a call that the named tenant does not have is not reported as erased',
    file: 'packages/cli/src/privacy/locate-call.ts',
    text: 'if (isUnseen && tenant !== undefined)',
    without: 'if (tenant !== undefined)',
    test: {
      file: 'packages/cli/src/erase-call.integration.test.ts',
      name: 'a call is erased by its sid in whichever tenant it is, before it is persisted',
    },
  },
  {
    name: 'placement-of-a-held-call',
    keeps: 'an erasure leaves the placement of a call under a legal hold',
    file: 'packages/call-store/src/privacy/placements.ts',
    text: "and not ${isOfHeldCall('placement')}`",
    without: '`',
    test: {
      file: PERSON_TEST,
      name: 'a person is found in calls that were asked of the carrier, but not in one of a held call',
    },
  },
  {
    name: 'numbers-that-were-keyed',
    keeps: 'a PIN or a card number that a caller typed is not in the row',
    file: 'packages/call-events/src/record/keys-pressed.ts',
    text: "digits > MAX_SHOWN_DIGITS ? entry.replace(/\\d/g, 'x') : entry",
    without: 'digits > MAX_SHOWN_DIGITS ? entry : entry',
    test: {
      file: 'packages/call-events/src/record/analysis.test.ts',
      name: 'the keys that were pressed do not contain the digits of a long number',
    },
  },
  {
    name: 'words-of-a-limited-length',
    keeps: 'a transcript that is too long for the index of words is stored all the same',
    file: 'packages/call-store/src/schema/migrations/0010-call-search.ts',
    text: "left(string_agg(turn ->> 'text', ' '), ${sql.lit(MAX_INDEXED_CHARACTERS)})",
    without: "string_agg(turn ->> 'text', ' ')",
    test: {
      file: 'packages/call-store/src/analysis/questions.integration.test.ts',
      name: 'the search for words stores a transcript of any size, of long words',
    },
  },
  {
    name: 'retention-of-endless-calls',
    keeps: 'a call whose end the carrier never reported is not kept for ever',
    file: 'packages/call-store/src/privacy/retention.ts',
    text: "when call.status in ('initiated', 'ringing', 'in_progress') then call.persisted_at",
    without: "when call.status in ('initiated', 'ringing', 'in_progress') then null",
    test: {
      file: 'packages/call-store/src/privacy/retention.integration.test.ts',
      name: 'retention deletes calls that never ended, by when they were last written',
    },
  },
  {
    name: 'retention-of-pinned-logs',
    keeps: 'the log that an old dead letter points at is removed with the letter',
    file: 'packages/call-log/src/dead-letters/remove-letter-script.ts',
    text: "call('DEL', KEYS[4], KEYS[5], KEYS[6], KEYS[7], KEYS[8])",
    without: '',
    test: {
      file: 'packages/call-log/src/dead-letters/old-letters.integration.test.ts',
      name: 'an old dead letter is removed with the log that it points at and all keys of the call',
    },
  },
  {
    name: 'held-dead-letters-stay',
    keeps: 'retention leaves the dead letters and the log of a call under a legal hold',
    file: 'packages/call-log/src/dead-letters/old-letters.ts',
    text: 'call.tenant !== tenant || (await isHeld(call))',
    without: 'call.tenant !== tenant',
    test: {
      file: 'packages/call-log/src/dead-letters/old-letters.integration.test.ts',
      name: 'a dead letter stays if it is young, held, of another tenant or of a call in progress',
    },
  },
  {
    name: 'an-erased-call-is-not-held',
    keeps: 'an erased call is not reported as kept',
    file: 'packages/call-store/src/privacy/legal-holds.ts',
    text: "if (await wasErased(transaction, call)) return 'erased';",
    without: '',
    test: {
      file: STORE_TEST,
      name: 'an erased call cannot be held any more, and not during its erasure',
    },
  },
  {
    name: 'calls-share-locks',
    keeps: 'a statement that writes very many calls does not fill the lock table of Postgres',
    file: 'packages/call-store/src/schema/migrations/0007-erasure-locks.ts',
    text: ' & ${sql.lit(LOCKS - 1)})',
    without: ')',
    test: {
      file: STORE_TEST,
      name: 'an erased call does not cost a writer of many calls more locks than the server has',
    },
  },
  {
    name: 'archive-began-with-its-events',
    keeps: 'a restore that writes an archive again does not make it younger than the erasure of its person',
    file: 'packages/cli/src/privacy/said-of-calls.ts',
    text: 'return saidAt < beganAt ? saidAt : beganAt;',
    without: 'return beganAt;',
    test: {
      file: 'packages/cli/src/erase-call.integration.test.ts',
      name: 'the ledger erases again the calls of a person by their names, and other data with the number',
    },
  },
];
