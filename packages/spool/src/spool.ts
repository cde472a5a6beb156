/*
 * Where events wait on the disk while Redis does not accept them. The gateway still has them in memory and
 * sends them from there; the files are read only after a death.
 *
 * - A write is reported after its fsync. Writes in the meantime share the next one.
 * - A file is removed when Redis has acknowledged all its events.
 * - After a failed write the end of its file is unknown, so it is never written again. A new one is tried
 *   every second; until that works events are only in Redis and this process, and the gateway should accept
 *   no new calls.
 */
import { startTimer, type StartTimer } from '@turnlog/service-kit';
import { type SpoolDisk } from './spool-disk.ts';
import { encodeRecord, type AppendMode, type SpoolEvent } from './spool-record.ts';
import { SpoolSegment } from './spool-segment.ts';

const SEGMENT_BYTES = 16 * 1024 * 1024;
const PROBE_AFTER_MS = 1_000;
/** Larger than a file without events, so that a full disk shows. Empty lines are skipped. */
const PROBE = Buffer.alloc(8 * 1024, '\n');

/** Why the spool accepts nothing: it has reached its limit, or its disk refuses writes. */
export type SpoolProblem = 'full' | 'failing';

/** The observer of a spool. */
export interface SpoolObserver {
  onProblem(problem: SpoolProblem, error?: unknown): void;
  onRecovered(): void;
  /** A file that is not needed any more could not be removed. Its events would be duplicates. */
  onNotRemoved(error: unknown): void;
}

interface SpoolOptions {
  readonly disk: SpoolDisk;
  readonly maxBytes: number;
  /** Higher than the number of any file in the folder. */
  readonly firstNumber: number;
  readonly observer: SpoolObserver;
  /** {@link startTimer} by default. */
  readonly startTimer?: StartTimer;
}

interface Write {
  readonly lines: Buffer;
  readonly events: number;
  readonly resolve: (segment: SpoolSegment | undefined) => void;
}

/** The spool of one gateway. */
export class Spool {
  readonly #options: SpoolOptions;
  readonly #segments = new Set<SpoolSegment>();
  #nextNumber: number;
  #current: SpoolSegment | undefined;
  #waiting: Write[] = [];
  #waitingBytes = 0;
  #underWay: Promise<void> | undefined;
  #removals: Promise<void> = Promise.resolve();
  #problem: SpoolProblem | undefined;
  #cancelProbe: () => void = () => undefined;

  constructor(options: SpoolOptions) {
    this.#options = options;
    this.#nextNumber = options.firstNumber;
  }

  get problem(): SpoolProblem | undefined {
    return this.#problem;
  }

  get bytes(): number {
    return [...this.#segments].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  get events(): number {
    return [...this.#segments].reduce((sum, { events }) => sum + events, 0);
  }

  /**
   * Resolves when the events are on the disk, to the segment to `release` once Redis has them; to `undefined`
   * if they cannot be stored. Never rejects.
   */
  store(events: readonly SpoolEvent[], mode: AppendMode): Promise<SpoolSegment | undefined> {
    if (this.#problem === 'failing') return Promise.resolve(undefined);
    const lines = Buffer.concat(events.map((event) => encodeRecord(event, mode)));
    if (this.bytes + this.#waitingBytes + lines.length > this.#options.maxBytes) {
      this.#enter('full');
      return Promise.resolve(undefined);
    }
    return new Promise((resolve) => {
      this.#waiting.push({ lines, events: events.length, resolve });
      this.#waitingBytes += lines.length;
      this.#underWay ??= this.#writeWaiting();
    });
  }

  /** Resolves when all pending writes are on the disk or refused, and unneeded files are removed. */
  async whenIdle(): Promise<void> {
    while (this.#underWay !== undefined) await this.#underWay;
    await this.#removals;
  }

  /** Closes the files; those with events that Redis lacks stay. */
  async close(): Promise<void> {
    this.#cancelProbe();
    await this.whenIdle();
    await this.#seal();
  }

  async #writeWaiting(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#waiting;
      this.#waiting = [];
      this.#waitingBytes = 0;
      const segment = await this.#commit(group);
      for (const { resolve } of group) resolve(segment);
    }
    this.#underWay = undefined;
  }

  async #commit(group: readonly Write[]): Promise<SpoolSegment | undefined> {
    const bytes = Buffer.concat(group.map(({ lines }) => lines));
    const events = group.reduce((sum, write) => sum + write.events, 0);
    let segment: SpoolSegment | undefined;
    try {
      if (this.#current !== undefined && this.#current.bytes >= SEGMENT_BYTES) await this.#seal();
      segment = this.#current ??= await this.#create();
      segment.hold(events, bytes.length);
      await segment.file.append(bytes);
      return segment;
    } catch (error) {
      await this.#fail(error);
      segment?.release(events);
      return undefined;
    }
  }

  async #create(): Promise<SpoolSegment> {
    const number = this.#nextNumber;
    this.#nextNumber += 1;
    const file = await this.#options.disk.create(number);
    const segment = new SpoolSegment(number, file, (empty) => this.#remove(empty));
    this.#segments.add(segment);
    return segment;
  }

  /** Later writes go to another file. */
  async #seal(): Promise<void> {
    const sealed = this.#current;
    this.#current = undefined;
    try {
      await sealed?.file.close();
    } catch (error) {
      this.#options.observer.onNotRemoved(error);
    }
  }

  #remove(segment: SpoolSegment): void {
    const isOpen = segment === this.#current;
    if (isOpen) this.#current = undefined;
    this.#segments.delete(segment);
    this.#removals = this.#removals.then(async () => {
      try {
        if (isOpen) await segment.file.close();
        await this.#options.disk.remove(segment.number);
      } catch (error) {
        this.#options.observer.onNotRemoved(error);
      }
    });
    if (this.#problem === 'full') this.#recover();
  }

  async #fail(error: unknown): Promise<void> {
    this.#enter('failing', error);
    await this.#seal();
    this.#probeLater();
  }

  #enter(problem: SpoolProblem, error?: unknown): void {
    if (this.#problem === problem) return;
    this.#problem = problem;
    this.#options.observer.onProblem(problem, error);
  }

  #recover(): void {
    this.#problem = undefined;
    this.#options.observer.onRecovered();
  }

  #probeLater(): void {
    const after = this.#options.startTimer ?? startTimer;
    this.#cancelProbe = after(PROBE_AFTER_MS, () => {
      this.#underWay = this.#probe();
    });
  }

  async #probe(): Promise<void> {
    let segment: SpoolSegment | undefined;
    try {
      segment = await this.#create();
      await segment.file.append(PROBE);
      this.#recover();
    } catch {
      // The problem that was reported when it began.
      this.#probeLater();
    }
    if (segment !== undefined) await this.#discard(segment);
    this.#underWay = this.#waiting.length > 0 ? this.#writeWaiting() : undefined;
  }

  async #discard(segment: SpoolSegment): Promise<void> {
    await segment.file.close().catch((error: unknown) => this.#options.observer.onNotRemoved(error));
    this.#remove(segment);
    await this.#removals;
  }
}
