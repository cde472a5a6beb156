import { isAscii } from 'node:buffer';

/** One event in the log. */
export interface LogEntry {
  readonly seq: number;
  /** The encoded event. */
  readonly text: string;
}

/** Separates two texts. Encoded JSON has no line break, and between items of an array it means nothing. */
export const BETWEEN = ',\n';
const LINE_BREAK_BYTE = 0x0a;

/** Consecutive entries of a log, their texts in one piece. */
export class JoinedEntries {
  readonly fromSeq: number;
  readonly toSeq: number;
  /** The texts in UTF-8, with a comma and a line break between them: in brackets they are a JSON array. */
  readonly bytes: Buffer;

  /** At least one entry; the texts have no line break. */
  constructor(fromSeq: number, toSeq: number, bytes: Buffer) {
    this.fromSeq = fromSeq;
    this.toSeq = toSeq;
    this.bytes = bytes;
  }

  /** Joins texts without line breaks, for tests and models. */
  static of(fromSeq: number, texts: readonly string[]): JoinedEntries {
    return new JoinedEntries(fromSeq, fromSeq + texts.length - 1, Buffer.from(texts.join(BETWEEN)));
  }

  get count(): number {
    return this.toSeq - this.fromSeq + 1;
  }

  /** The texts as one. */
  text(): string {
    // A shortcut for the common case, which takes a fraction of the time.
    return this.bytes.toString(isAscii(this.bytes) ? 'latin1' : 'utf8');
  }

  /** Splits joined entries. */
  entries(): LogEntry[] {
    const texts = this.text().split(BETWEEN);
    return texts.map((text, index) => ({ seq: this.fromSeq + index, text }));
  }

  /** The entries after a seq; `undefined` if there are none. */
  after(seq: number): JoinedEntries | undefined {
    if (seq < this.fromSeq) return this;
    if (seq >= this.toSeq) return undefined;
    let start = 0;
    for (let before = this.fromSeq; before <= seq; before += 1)
      start = this.bytes.indexOf(LINE_BREAK_BYTE, start) + 1;
    return new JoinedEntries(seq + 1, this.toSeq, this.bytes.subarray(start));
  }
}
