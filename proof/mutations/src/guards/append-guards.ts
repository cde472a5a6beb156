import { type Guard } from '../guard.ts';

/** Guards that keep a log free of holes and duplicates. */
export const appendGuards: readonly Guard[] = [
  {
    name: 'gap-answer',
    keeps: 'a gateway notices that Redis lost events, and resends them',
    file: 'packages/call-log/src/append/append-script.ts',
    text: "if source ~= '' and sourceSeq > lastOfSource + 1 then return {'gap', lastOfSource + 1} end",
    without: '',
    test: {
      file: 'services/stream-gateway/src/resilience.integration.test.ts',
      name: 'a Redis that lost its newest writes receives them again with the next event',
    },
  },
  {
    name: 'duplicate-answer',
    keeps: 'an event that a gateway resends because its reply was lost is not in the log twice',
    file: 'packages/call-log/src/append/append-script.ts',
    text: "elseif source ~= '' and sourceSeq <= lastOfSource then",
    without: 'elseif false then',
    test: {
      file: 'packages/call-log/src/append/appender.integration.test.ts',
      name: 'an ordered source may resend events whose reply was lost',
    },
  },
  {
    name: 'refused-again',
    keeps: 'a refused event is not acknowledged when the answer was lost and it is resent',
    file: 'packages/call-log/src/append/append-script.ts',
    text: "result = string.match(refusedBefore, ',' .. sourceSeq .. '=(%a+)') or 0",
    without: 'result = 0',
    test: {
      file: 'packages/call-log/src/append/appender.integration.test.ts',
      name: 'a refused event is refused again when its lost reply makes the sender resend it, and is no duplicate',
    },
  },
  {
    name: 'epoch-per-run',
    keeps: 'seqs of events that a Redis lost are not taken for those of others in the archive',
    file: 'packages/call-log/src/append/append-script.ts',
    text: 'local isOfThisRun = not isReleased and epoch and string.sub(epoch, -#run) == run',
    without: 'local isOfThisRun = epoch',
    test: {
      file: 'packages/call-log/src/append/server-restart.integration.test.ts',
      name: 'a log that lost its newest events starts a new epoch, because their seqs name other events now',
    },
  },
  {
    name: 'one-barrier-at-a-time',
    keeps: 'appends that wait for a replica do not queue up behind each other',
    file: 'packages/call-log/src/append/appender.ts',
    text: 'if (passed === undefined) send(asked, passed);',
    without: 'if (passed !== null) send(asked, passed);',
    test: {
      file: 'packages/call-log/src/append/durability.integration.test.ts',
      name: 'appends that wait for a replica together share one barrier',
    },
  },
];
