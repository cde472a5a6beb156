import { type RefusalReason } from '@turnlog/call-log';

/** The parts of a call in Redis: each is a key, and expires by itself. */
export type CallPart = 'head' | 'log' | 'ids' | 'session' | 'turns';

export interface Head {
  epoch: string;
  /** The run of the server that the epoch belongs to. */
  run: number | undefined;
  seq: number;
  /** Of the texts in the log, in UTF-8. */
  bytes: number;
  persisted: number;
  /** The number of open connections; `undefined` for a call that never had one. */
  open: number | undefined;
  isExpiring: boolean;
  /** How often the call was tried alone by a process that did not come back. */
  trials: number;
  /** When a process last lived through an attempt at it. */
  survivedAtMs: number;
  /** How many dead letters point at the log. */
  pinned: number;
  /** The last sequence of each source. */
  readonly sources: Map<string, number>;
  /** Which events of the last append of each source were refused, and why. */
  readonly refused: Map<string, ReadonlyMap<number, RefusalReason>>;
  readonly connections: Map<string, 'open' | 'closed'>;
  /** The id of the letter that lies in the dead letters, by the letter's key. */
  readonly letters: Map<string, string>;
}

export interface SavedSession {
  seq: number;
  epoch: string;
  fields: Readonly<Record<string, string>>;
}

/** The keys of one call. An empty log, set or list is a key that is not there. */
export interface StoredCall {
  head: Head | undefined;
  /** The texts of the events; the seq of one is its place, counted from 1. */
  log: string[];
  /** Reports that are remembered: where they are, and a digest of their content; empty where any content is a repeat. */
  ids: Map<string, { readonly seq: number; readonly content: string }>;
  session: SavedSession | undefined;
  turns: string[];
  /** When keys that expire do so, Unix ms. */
  readonly expiry: Map<CallPart, number>;
}

/** Who was given an entry, and when. */
export interface Delivery {
  consumer: string;
  atMs: number;
  /** How often it was given out. */
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

/** Everything that Redis holds: a value without functions, so that it can be copied and put back. */
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
