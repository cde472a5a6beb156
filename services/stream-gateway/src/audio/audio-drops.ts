import { type Logger } from '@turnlog/service-kit';
import { type AudioDropReason } from './audio-writer.ts';

/** However much is dropped, it is one line in so long. */
const LOG_EVERY_MS = 60_000;

const EXPLANATIONS: Readonly<Record<AudioDropReason, string>> = {
  no_room:
    'Redis uses more than AUDIO_MEMORY_SHARE of its memory: give audio a Redis of its own (AUDIO_REDIS_URL)',
  call_full: 'a call has had AUDIO_MAX_CALL_BYTES',
  failed: 'Redis does not take it',
  too_much_in_flight: 'Redis is too slow for it',
};

/** Tells the log of audio that was dropped, seldom enough that it can't fill it. */
export class AudioDrops {
  readonly #logger: Logger;
  readonly #bytes = new Map<AudioDropReason, number>();
  #lastLoggedAtMs = -Infinity;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  count(reason: AudioDropReason, bytes: number): void {
    this.#bytes.set(reason, (this.#bytes.get(reason) ?? 0) + bytes);
  }

  /** To be called every now and then; `nowMs` is monotonic. */
  report(nowMs: number): void {
    if (this.#bytes.size === 0 || nowMs - this.#lastLoggedAtMs < LOG_EVERY_MS) return;
    this.#lastLoggedAtMs = nowMs;
    for (const [reason, bytes] of this.#bytes) {
      this.#logger.warn(
        { event: 'audio_dropped', reason, dropped_bytes: bytes },
        `audio was dropped: ${EXPLANATIONS[reason]}`,
      );
    }
    this.#bytes.clear();
  }
}
