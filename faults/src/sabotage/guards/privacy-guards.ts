import { type Guard } from '../guard.ts';

const STORE_TEST = 'packages/call-store/src/privacy/privacy.integration.test.ts';

/** What finds all of a person and nothing of another, and keeps an erasure out of the way of what is written meanwhile. */
export const privacyGuards: readonly Guard[] = [
  {
    name: 'writers-share-the-lock-of-a-call',
    keeps: 'an erasure knows which writes of the call are under way',
    file: 'packages/call-store/src/schema/migrations/0007-erasure-locks.ts',
    text: 'perform pg_advisory_xact_lock_shared(call_lock(new.tenant, new.call_sid));',
    without: '',
    test: { file: STORE_TEST, name: 'an erased call is not written by one that waited for the erasure' },
  },
  {
    name: 'erasure-locks-no-table',
    keeps: 'an erasure beside a VACUUM neither waits for it nor stops the persister',
    file: 'packages/call-store/src/privacy/call-lock.ts',
    text: 'if (!(await takeLock(transaction, call, waitMs))) return { locked: false };',
    without: 'await sql`lock table call_sessions in share mode`.execute(transaction);',
    test: {
      file: STORE_TEST,
      name: 'an erased call goes while a VACUUM has its lock, and holds up no writer',
    },
  },
  {
    name: 'phone-parameter-in-the-lead',
    keeps: 'the number that a campaign gave as `phone` is not overwritten by the one that was dialled from',
    file: 'packages/call-events/src/record/call-record.ts',
    text: 'return { ...(phone !== undefined && { phone }), ...start?.value.customParameters };',
    without: 'return { ...start?.value.customParameters, ...(phone !== undefined && { phone }) };',
    test: {
      file: 'packages/call-events/src/record/lead.test.ts',
      name: 'the lead keeps a custom parameter of the name phone as it came',
    },
  },
];
