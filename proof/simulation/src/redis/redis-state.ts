import { type RefusalReason } from '@turnlog/call-log';

/** The parts of a call in Redis: each is a key, and expires by itself. */
export type CallPart = 'head' | 'log' | 'ids' | 'session' | 'turns';

export interface Head {
  epoch: string;
  /** The server run that the epoch belongs to. */
  run: number | undefined;
  seq: number;
  /** UTF-8 bytes of the texts in the log. */
  bytes: number;
  persisted: number;
  /** The number of open connections; `undefined` for a call that never had one. */
  open: number | undefined;
  isExpiring: boolean;
  /** How often the call was tried alone by a process that died. */
  trials: number;
  /** When a process last survived an attempt at it. */
  survivedAtMs: number;
  /** How many dead letters point at the log. */
  pinned: number;
  /** The last sequence of each source. */
  readonly sources: Map<string, number>;
  /** Which events of the last append of each source were refused, and why. */
  readonly refused: Map<string, ReadonlyMap<number, RefusalReason>>;
  readonly connections: Map<string, 'open' | 'closed'>;
  /** The id of an existing dead letter, by its key. */
  readonly letters: Map<string, string>;
}

export interface SavedSession {
  seq: number;
  epoch: string;
  fields: Readonly<Record<string, string>>;
}

/** The keys of one call. An empty log, set or list is a missing key. */
export interface StoredCall {
  head: Head | undefined;
  /** The texts of the events; the seq of one is its index, counted from 1. */
  log: string[];
  /**
   * Remembered reports: their seqs, and fingerprints of their content; empty if any content is a duplicate.
   */
  ids: Map<string, { readonly seq: number; readonly content: string }>;
  session: SavedSession | undefined;
  turns: string[];
  /** When keys that expire do so, Unix ms. */
  readonly expiry: Map<CallPart, number>;
}

/** The consumer of an entry, and when it was delivered. */
export interface Delivery {
  consumer: string;
  atMs: number;
  /** How often it was delivered. */
  deliveries: number;
}

/** A stream that is read by one group. */
export interface Stream {
  /** In the order of their ids. */
  readonly entries: Map<
    string,
    { readonly order: number; readonly fields: Readonly<Record<string, string>> }
  >;
  lastMs: number;
  lastInMs: number;
  added: number;
  group: { readUpTo: number; readonly pending: Map<string, Delivery> } | undefined;
}

export interface PartitionState {
  readonly activity: Stream;
  readonly persist: Stream;
  readonly dead: Stream;
  /** When live calls were last seen. */
  readonly live: Map<string, number>;
  /** When checkpoints are due. */
  readonly checkpoints: Map<string, number>;
}

/** Everything in Redis: a value without functions, so that it can be copied and restored. */
export interface RedisState {
  readonly calls: Map<string, StoredCall>;
  readonly partitions: readonly PartitionState[];
}

export function emptyState(partitions: number): RedisState {
  return { calls: new Map(), partitions: Array.from({ length: partitions }, emptyPartition) };
}

export function emptyCall(): StoredCall {
  return { head: undefined, log: [], ids: new Map(), session: undefined, turns: [], expiry: new Map() };
}

function emptyPartition(): PartitionState {
  return {
    activity: emptyStream(),
    persist: emptyStream(),
    dead: emptyStream(),
    live: new Map(),
    checkpoints: new Map(),
  };
}

function emptyStream(): Stream {
  return { entries: new Map(), lastMs: 0, lastInMs: 0, added: 0, group: undefined };
}
