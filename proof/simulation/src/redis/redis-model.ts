import { callId, type CallKey } from '@turnlog/call-events';
import { partitionOf, type FeedName, type KeySpace } from '@turnlog/call-log';
import { Refusal } from '../kernel/request.ts';
import { type Sabotage } from '../sabotage.ts';
import {
  emptyCall,
  emptyState,
  type CallPart,
  type PartitionState,
  type RedisState,
  type StoredCall,
} from './redis-state.ts';
import { addToStream } from './stream.ts';

/** Half of it has room for all that one gateway has of one call. */
const MIN_ROOM_BYTES = 10_000;
const PARTS: readonly CallPart[] = ['head', 'log', 'ids', 'session', 'turns'];

/** The environment of a model of Redis. */
export interface RedisModelOptions {
  readonly space: KeySpace;
  /** The clock of Redis, Unix ms. */
  readonly now: () => number;
  /** Its memory limit; `Infinity` by default. */
  readonly maxMemoryBytes?: number;
  readonly sabotage: Sabotage | undefined;
  /** Called with each event that is appended. */
  readonly onAppended: (call: CallKey, eventId: string) => void;
  /** Called with a log that has just expired. */
  readonly onLogExpired: (call: CallKey, log: readonly string[]) => void;
}

/** A Redis in memory with Turnlog's scripts and streams. The scripts are beside it, one file for each. */
export class RedisModel {
  readonly space: KeySpace;
  readonly now: () => number;
  readonly sabotage: Sabotage | undefined;
  readonly onAppended: RedisModelOptions['onAppended'];
  readonly #onLogExpired: RedisModelOptions['onLogExpired'];
  #maxMemoryBytes: number;
  #state: RedisState;
  #run = 1;
  /** Blocking reads that wait for new entries of a feed. */
  readonly #waiting: Record<FeedName, Set<() => void>> = { activity: new Set(), persist: new Set() };

  constructor(options: RedisModelOptions) {
    const { space, now, sabotage, onAppended, onLogExpired, maxMemoryBytes = Infinity } = options;
    this.#maxMemoryBytes = maxMemoryBytes;
    this.space = space;
    this.now = now;
    this.sabotage = sabotage;
    this.onAppended = onAppended;
    this.#onLogExpired = onLogExpired;
    this.#state = emptyState(space.partitions);
  }

  /** How much of its memory is used, by the texts in logs and in live states. */
  get memoryShare(): number {
    return this.#maxMemoryBytes === Infinity ? 0 : this.#usedBytes() / this.#maxMemoryBytes;
  }

  /**
   * Limits its memory to what it has now. If that is too little it does nothing and returns false: all that a
   * gateway has of a call must have room.
   */
  shrink(): boolean {
    const used = this.#usedBytes();
    if (used < MIN_ROOM_BYTES) return false;
    this.#maxMemoryBytes = used;
    return true;
  }

  /** Refuses commands that need memory if this share of it is used. */
  assertRoom(share = 1): void {
    if (this.memoryShare >= share)
      throw new Refusal('OOM', "OOM command not allowed when used memory > 'maxmemory'.");
  }

  get state(): RedisState {
    return this.#state;
  }

  /** The server run. */
  get run(): number {
    return this.#run;
  }

  /** It was restarted. */
  beginRun(): void {
    if (this.sabotage !== 'epoch-per-run') this.#run += 1;
  }

  snapshot(): RedisState {
    return structuredClone(this.#state);
  }

  /** Comes back with an earlier state, or empty. */
  restore(state: RedisState = emptyState(this.space.partitions)): void {
    this.#state = state;
    for (const waiting of Object.values(this.#waiting)) waiting.clear();
  }

  /** The keys of a call, without expired ones. */
  call(call: CallKey): StoredCall {
    const member = callId(call);
    let stored = this.#state.calls.get(member);
    if (stored === undefined) {
      stored = emptyCall();
      this.#state.calls.set(member, stored);
    }
    this.#dropExpired(call, stored);
    return stored;
  }

  partition(partition: number): PartitionState {
    const found = this.#state.partitions[partition];
    if (found === undefined) throw new RangeError(`there is no partition ${partition}`);
    return found;
  }

  partitionOf(call: CallKey): PartitionState {
    return this.partition(partitionOf(this.space, call));
  }

  expire(stored: StoredCall, parts: readonly CallPart[], ms: number): void {
    for (const part of parts) if (isThere(stored, part)) stored.expiry.set(part, this.now() + ms);
  }

  persist(stored: StoredCall, parts: readonly CallPart[]): void {
    for (const part of parts) stored.expiry.delete(part);
  }

  /** Adds to a feed, and wakes waiting readers. */
  addToFeed(call: CallKey, feed: FeedName, fields: Readonly<Record<string, string>>): void {
    addToStream(this.partitionOf(call)[feed], this.now(), fields);
    for (const wake of [...this.#waiting[feed]]) wake();
  }

  /** Calls `wake` for each new entry of a feed; returns how to cancel it. */
  onNewEntry(feed: FeedName, wake: () => void): () => void {
    this.#waiting[feed].add(wake);
    return () => this.#waiting[feed].delete(wake);
  }

  #usedBytes(): number {
    let bytes = 0;
    for (const stored of this.#state.calls.values()) {
      for (const text of stored.log) bytes += text.length;
      for (const text of stored.turns) bytes += text.length;
    }
    return bytes;
  }

  #dropExpired(call: CallKey, stored: StoredCall): void {
    if (stored.expiry.size === 0) return;
    for (const part of PARTS) {
      const atMs = stored.expiry.get(part);
      if (atMs === undefined || atMs > this.now()) continue;
      stored.expiry.delete(part);
      if (part === 'log') this.#onLogExpired(call, stored.log);
      Object.assign(stored, { [part]: emptyCall()[part] });
    }
  }
}

function isThere(stored: StoredCall, part: CallPart): boolean {
  const value = stored[part];
  if (value === undefined) return false;
  if (Array.isArray(value)) return value.length > 0;
  return !(value instanceof Map) || value.size > 0;
}
