import { type Logger } from '@turnlog/service-kit';
import { Digest } from '../report/digest.ts';
import { type AudioDropReason } from './audio-writer.ts';

const EXPLANATIONS: Readonly<Record<AudioDropReason, string>> = {
  no_room:
    'Redis uses more than AUDIO_MEMORY_SHARE of its memory: give audio a Redis of its own (AUDIO_REDIS_URL)',
  call_full: 'a call has had AUDIO_MAX_CALL_BYTES',
  failed: 'Redis does not accept it',
  too_much_in_flight: 'Redis is too slow for it',
};

export type AudioDrops = Digest<AudioDropReason>;

/** Logs the bytes of dropped audio. */
export function createAudioDrops(logger: Logger): AudioDrops {
  return new Digest((bytes) => {
    for (const [reason, dropped_bytes] of Object.entries(bytes)) {
      const explanation = EXPLANATIONS[reason as AudioDropReason];
      logger.warn({ event: 'audio_dropped', reason, dropped_bytes }, `audio was dropped: ${explanation}`);
    }
  });
}
