import { type Guard } from '../guard.ts';

/** Guards that keep erased calls away, and held ones in place. */
export const erasureGuards: readonly Guard[] = [
  {
    name: 'erased-call-in-postgres',
    keeps: 'a persister that had read a call before its erasure does not restore it',
    file: 'packages/call-store/src/schema/migrations/0007-erasure-locks.ts',
    text: 'return null;',
    without: 'return new;',
    test: {
      file: 'packages/call-store/src/privacy/privacy.integration.test.ts',
      name: 'an erased call is not written again, whichever process still has it',
    },
  },
  {
    name: 'erased-call-in-redis',
    keeps: 'late events of an erased call are refused',
    file: 'packages/call-log/src/append/append-script.ts',
    text: "if not epoch and call('HGET', head, 'erased') then",
    without: 'if false then',
    test: {
      file: 'packages/call-log/src/erase/call-eraser.integration.test.ts',
      name: 'a later append to it, of any kind, is refused and leaves no trace',
    },
  },
  {
    name: 'erasure-waits-for-writers',
    keeps: 'a write that began before an erasure does not outlive it',
    file: 'packages/call-store/src/privacy/call-lock.ts',
    text: 'if (!(await takeLock(transaction, call, waitMs))) return { locked: false };',
    without: '',
    test: {
      file: 'packages/call-store/src/privacy/privacy.integration.test.ts',
      name: 'an erased call is not left behind by an earlier write',
    },
  },
  {
    name: 'erasure-from-dead-spools',
    keeps: 'the events of an erased person on the disk of a dead gateway are removed as well',
    file: 'packages/cli/src/privacy/erase-calls.ts',
    text: 'await eraseFromSpools(folder, calls)',
    without: '{ events: 0, living: 0 }',
    test: {
      file: 'packages/cli/src/privacy.integration.test.ts',
      name: 'a person is erased from the spool of a dead gateway, which never brings the events back',
    },
  },
  {
    name: 'legal-hold',
    keeps: 'a call under a legal hold is not erased',
    file: 'packages/call-store/src/privacy/erase-call.ts',
    text: "if (await isHeld(transaction, call)) return { outcome: 'held' };",
    without: '',
    test: {
      file: 'packages/call-store/src/privacy/privacy.integration.test.ts',
      name: 'an erased call is not erased while it is held',
    },
  },
];
