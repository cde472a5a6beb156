import { type EventDraft } from '@turnlog/call-events';

/** The most marks that wait at the carrier; beyond, the oldest are dropped. */
const MAX_WAITING = 512;
/** As long as the id of a turn, which may be the name of a mark. */
const MAX_MARK_NAME_CHARACTERS = 128;

interface WaitingMark {
  readonly name: string;
  /** Whether all audio between it and the mark before it may still be played. */
  isWhole: boolean;
}

/**
 * The agent's marks on their way to the carrier and back, in the order in which they were sent. The carrier's documents
 * don't say whether marks come back after a `clear`, so a mark that does proves nothing.
 */
export class PlaybackMarks {
  readonly #waiting: WaitingMark[] = [];
  #hasDroppedAudio = false;

  /** A mark went to the carrier. */
  sent(name: string): void {
    if (name.length > MAX_MARK_NAME_CHARACTERS) return;
    this.#waiting.push({ name, isWhole: !this.#hasDroppedAudio });
    this.#hasDroppedAudio = false;
    if (this.#waiting.length > MAX_WAITING) this.#waiting.shift();
  }

  /** Audio was dropped on its way to the carrier. */
  audioDropped(): void {
    this.#hasDroppedAudio = true;
  }

  /** The carrier drops what it has not played. Returns the names of the marks behind it. */
  cleared(): string[] {
    const names = this.#waiting.filter(({ isWhole }) => isWhole).map(({ name }) => name);
    for (const mark of this.#waiting) mark.isWhole = false;
    this.#hasDroppedAudio = false;
    return names;
  }

  /** A mark came back. Returns whether it proves that all audio before it was played. */
  returned(name: string): boolean {
    const index = this.#waiting.findIndex((mark) => mark.name === name);
    const [mark] = index < 0 ? [] : this.#waiting.splice(index, 1);
    return mark?.isWhole ?? false;
  }
}

/** Adds to a returned mark whether it proves that its audio was played. */
export function withEvidence(draft: EventDraft, marks: PlaybackMarks): EventDraft {
  if (draft.type !== 'mark.played' || marks.returned(draft.data.name)) return draft;
  return { ...draft, data: { ...draft.data, heard: false } };
}
