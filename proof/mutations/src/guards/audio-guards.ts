import { type Guard } from '../guard.ts';

/** Guards that keep audio from taking the memory that the record needs. */
export const audioGuards: readonly Guard[] = [
  {
    name: 'audio-leaves-room',
    keeps: 'audio does not fill the Redis that holds the record',
    file: 'packages/call-log/src/audio/append-audio-script.ts',
    text: 'if inUse and inUse >= share then',
    without: 'if false then',
    test: {
      file: 'services/stream-gateway/src/audio-memory.integration.test.ts',
      name: 'both tracks of 40 calls at 100 frames a second against 48 MB: no report is refused',
    },
  },
  {
    name: 'audio-of-one-call-is-bounded',
    keeps: 'one call does not take the room of all others for audio',
    file: 'packages/call-log/src/audio/append-audio-script.ts',
    text: 'elseif bytes > maxCallBytes then',
    without: 'elseif false then',
    test: {
      file: 'packages/call-log/src/audio/audio-stream.integration.test.ts',
      name: 'a call gets no more than its budget, whichever gateway writes',
    },
  },
  {
    name: 'unmeasured-audio-is-bounded',
    keeps: 'a Redis that does not report its memory use is not filled with audio',
    file: 'services/stream-gateway/src/audio/audio-writer.ts',
    text: "return keptBytes + bytes > MAX_UNMEASURED_BYTES ? 'no_room' : undefined;",
    without: 'void [keptBytes, MAX_UNMEASURED_BYTES];',
    test: {
      file: 'services/stream-gateway/src/audio/audio-writer.test.ts',
      name: 'if the memory use of Redis is unknown, at most 64 MiB are kept at once',
    },
  },
];
