import { callId, callOfId, type CallKey } from '@turnlog/call-events';
import { type Redis } from 'ioredis';
import { toRecord, type RawEntry } from '../feed/feed-entry.ts';
import { groupOf } from '../feed/feed-reader.ts';
import { allPartitions, callKeys, partitionKeys, partitionOf, type KeySpace } from '../keys.ts';
import { isFaultOfTheCall } from '../read/is-fault-of-the-call.ts';
import { runScript } from '@turnlog/redis-kit';
import { deadLetterScript, replayScript } from './dead-letter-script.ts';

/** What could not be persisted, and the reason. */
export interface DeadLetter {
  readonly call: CallKey;
  /** A whole call that Postgres refuses, or one entry of its log that is not an event. */
  readonly kind: 'call' | 'event';
  /** The seq up to which the call should be persisted, or the seq of the event. */
  readonly seq: number;
  /** A short code: an SQLSTATE, or a codec problem's code. */
  readonly reason: string;
  /** What was wrong, without any words of the call. */
  readonly detail: string;
  /**
   * The bytes of one event as they are in the log, if they are few. Empty if the letter points at its log.
   * Letters of older versions hold all events of a call here, one per line.
   */
  readonly original: string;
  /** Where the content is, if the letter does not hold it: its log stays as long as the letter. */
  readonly log?: LogPointer;
  /** Unix ms. */
  readonly atMs: number;
}

/** A range of a call's log. */
export interface LogPointer {
  readonly epoch: string;
  readonly fromSeq: number;
  readonly toSeq: number;
  /** Its size in UTF-8 bytes; `undefined` if the log was not read. */
  readonly bytes?: number;
}

/** A dead letter in Redis. */
export interface StoredDeadLetter extends DeadLetter {
  /** `<partition>:<entry id>`: what `show` and `replay` take. */
  readonly id: string;
}

/** The dead letters of a key space. They are never trimmed. */
export class DeadLetters {
  readonly #redis: Redis;
  readonly #space: KeySpace;

  constructor(redis: Redis, space: KeySpace) {
    this.#redis = redis;
    this.#space = space;
  }

  /** Writes the dead letter and acknowledges the persist feed's entries in the same step. */
  async add(letter: DeadLetter, entryIds: readonly string[]): Promise<void> {
    const { dead, persist } = partitionKeys(this.#space, partitionOf(this.#space, letter.call));
    const { head, log, ids } = callKeys(this.#space, letter.call);
    const fields = toFields(letter);
    await runScript(
      this.#redis,
      deadLetterScript,
      [head, dead, persist, log, ids],
      [letterKey(letter), groupOf('persist'), pinOf(letter), fields.length / 2, ...fields, ...entryIds],
    );
  }

  /** All dead letters, oldest first. Rejects if a key is of another type; with `onUnreadable` it reports that key. */
  async list(onUnreadable?: (key: string, error: unknown) => void): Promise<StoredDeadLetter[]> {
    const lists = await Promise.all(
      allPartitions(this.#space).map((partition) =>
        this.#read(partition, '-', '+').catch((error: unknown) => {
          if (onUnreadable === undefined || !isFaultOfTheCall(error)) throw error;
          onUnreadable(partitionKeys(this.#space, partition).dead, error);
          return [];
        }),
      ),
    );
    return lists.flat().sort((a, b) => a.atMs - b.atMs);
  }

  /** One dead letter. */
  async get(id: string): Promise<StoredDeadLetter | undefined> {
    const { partition, entryId } = parseId(id);
    return (await this.#read(partition, entryId, entryId))[0];
  }

  /**
   * Requests the letter's call again and removes the letter. False if it was already replayed, or if the
   * call's log has expired: then the letter stays, as the last copy of its content.
   */
  async replay(letter: StoredDeadLetter): Promise<boolean> {
    const { id, call, seq } = letter;
    const { partition, entryId } = parseId(id);
    const { dead, persist } = partitionKeys(this.#space, partition);
    const { log, head } = callKeys(this.#space, call);
    const args = [entryId, callId(call), seq, pinOf(letter)];
    return (await runScript(this.#redis, replayScript, [dead, persist, log, head], args)) === 1;
  }

  async #read(partition: number, from: string, to: string): Promise<StoredDeadLetter[]> {
    const { dead } = partitionKeys(this.#space, partition);
    const entries = (await this.#redis.xrange(dead, from, to)) as RawEntry[];
    return entries.map((entry) => toLetter(partition, entry));
  }
}

function letterKey({ kind, seq }: DeadLetter): string {
  return kind === 'call' ? 'call' : `event:${seq}`;
}

/** Whether the letter keeps its log from expiring, as an argument of the scripts. */
function pinOf({ log }: DeadLetter): '1' | '0' {
  return log === undefined ? '0' : '1';
}

function toFields({ call, kind, seq, reason, detail, original, log, atMs }: DeadLetter): string[] {
  const pointer = log && { epoch: log.epoch, from: log.fromSeq, to: log.toSeq, bytes: log.bytes };
  const own = { call: callId(call), kind, seq, reason, detail, original, at: atMs };
  const fields: Readonly<Record<string, string | number | undefined>> = { ...own, ...pointer };
  return Object.entries(fields).flatMap(([name, value]) =>
    value === undefined ? [] : [name, String(value)],
  );
}

function toLetter(partition: number, [entryId, fields]: RawEntry): StoredDeadLetter {
  const {
    call = '',
    kind,
    seq,
    reason = '',
    detail = '',
    original = '',
    at,
    ...pointer
  } = toRecord(fields ?? []);
  return {
    id: `${partition}:${entryId}`,
    call: callOfId(call),
    kind: kind === 'event' ? 'event' : 'call',
    seq: Number(seq),
    reason,
    detail,
    original,
    ...toPointer(pointer),
    atMs: Number(at),
  };
}

function toPointer({ epoch, from, to, bytes }: Record<string, string | undefined>): { log?: LogPointer } {
  if (epoch === undefined) return {};
  const size = bytes === undefined ? {} : { bytes: Number(bytes) };
  return { log: { epoch, fromSeq: Number(from), toSeq: Number(to), ...size } };
}

function parseId(id: string): { partition: number; entryId: string } {
  const [partition = '', entryId = ''] = id.split(':');
  return { partition: Number(partition), entryId };
}
