import { callId, type CallKey } from '@turnlog/call-events';

/** An entry of the persist feed. */
export interface PersistEntry {
  readonly id: string;
  readonly call: CallKey;
  readonly seq: number;
  readonly reason: string;
}

/** A call that has something to persist, and every entry that requested it. */
export interface CallTask {
  readonly call: CallKey;
  /** The highest seq that was requested. */
  readonly seq: number;
  readonly entryIds: readonly string[];
  /** Only checkpoints were requested: the call is in progress. */
  readonly isCheckpoint: boolean;
  /** The whole log is to be read again. */
  readonly isReplay: boolean;
  /** Only late events were added. */
  readonly isLate: boolean;
  /** When it was first requested, Unix ms by the clock of Redis. */
  readonly askedAtMs: number;
}

/** One task per call, in the order of the first requests. */
export function tasksOf(entries: readonly PersistEntry[]): CallTask[] {
  const tasks = new Map<string, CallTask>();
  for (const entry of entries) {
    const key = callId(entry.call);
    const task = tasks.get(key);
    tasks.set(key, task === undefined ? taskOf(entry) : joinTasks(task, taskOf(entry)));
  }
  return [...tasks.values()];
}

function taskOf({ id, call, seq, reason }: PersistEntry): CallTask {
  return {
    call,
    seq,
    entryIds: [id],
    isCheckpoint: reason === 'checkpoint',
    isReplay: reason === 'replay',
    isLate: reason === 'late',
    askedAtMs: Number.parseInt(id, 10),
  };
}

/** One task of two of the same call; an entry that is in both is counted once. */
export function joinTasks(task: CallTask, other: CallTask): CallTask {
  return {
    call: task.call,
    seq: Math.max(task.seq, other.seq),
    entryIds: [...new Set([...task.entryIds, ...other.entryIds])],
    isCheckpoint: task.isCheckpoint && other.isCheckpoint,
    isReplay: task.isReplay || other.isReplay,
    isLate: task.isLate && other.isLate,
    askedAtMs: Math.min(task.askedAtMs, other.askedAtMs),
  };
}
