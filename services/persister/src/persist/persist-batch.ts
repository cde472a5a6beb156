import { callId } from '@turnlog/call-events';
import { type CommittedCall } from '@turnlog/call-log';
import { type Suspects } from '../domain/suspects.ts';
import { type PersistObserver } from '../report/persist-report.ts';
import { bisect } from '../store/bisect.ts';
import {
  outcomesOf,
  withoutWrite,
  type BrokenCall,
  type CallOutcome,
  type FoldedCall,
  type GoneCall,
  type PersistedCall,
} from '../store/call-outcome.ts';
import { type CallWriter } from '../store/call-writer.ts';
import { classifyRedisError } from './read-logs.ts';
import { type SetAside } from './set-aside.ts';

/** What persisting a batch needs. */
export interface PersistBatchOptions {
  readonly writer: Pick<CallWriter, 'write'>;
  /** Marks calls as persisted, acknowledges their entries and starts their expiry. */
  readonly commit: (calls: readonly CommittedCall[]) => Promise<void>;
  readonly setAside: SetAside;
  readonly suspects: Suspects;
  readonly report: PersistObserver;
  /** Called with the keys of calls that are committed. */
  readonly onDone: (keys: readonly string[]) => void;
}

type CommittableCall = PersistedCall | GoneCall;

/** Writes folded calls to Postgres, commits what is there in Redis, and sets aside what failed. */
export class BatchPersister {
  readonly #options: PersistBatchOptions;

  constructor(options: PersistBatchOptions) {
    this.#options = options;
  }

  /** Throws when Postgres or Redis is in trouble: what is not committed by then stays pending. */
  async persist(outcomes: readonly CallOutcome[], earlierAttempts = 0): Promise<void> {
    const decodable = await this.#deadLetterUndecodable(outcomes);
    const written = await this.#write(decodable, earlierAttempts);
    const committed = await this.#commit(written);
    for (const call of committed) if (call.kind === 'broken') await this.#options.setAside.broken(call);
  }

  async #deadLetterUndecodable(outcomes: readonly CallOutcome[]): Promise<CallOutcome[]> {
    const decodable: CallOutcome[] = [];
    for (const call of outcomes) if (await this.#options.setAside.undecodable(call)) decodable.push(call);
    return decodable;
  }

  async #write(
    outcomes: readonly CallOutcome[],
    earlierAttempts: number,
  ): Promise<(CommittableCall | BrokenCall)[]> {
    const { writer, report } = this.#options;
    const folded = outcomes.filter(isFolded);
    const empty = folded.filter((call) => !hasEvents(call)).map((call) => withoutWrite(call, 'empty'));
    const others = outcomes.flatMap((call) => (isFolded(call) ? [] : [call]));
    const write = () => writer.write(folded.filter(hasEvents), earlierAttempts);
    const written = await report.timed(folded.length, write);
    for (const call of written) if (call.kind === 'persisted') report.persisted(call);
    return [...written, ...empty, ...others];
  }

  /** A call that can't be committed is in Postgres already, and stays pending. */
  async #commit(calls: readonly (CommittableCall | BrokenCall)[]): Promise<CallOutcome[]> {
    const { commit, suspects, report, onDone } = this.#options;
    const run = async (some: readonly CommittableCall[]) => {
      await commit(some.map(toCommitted));
      return some;
    };
    const committable = calls.filter(isCommittable);
    const outcomes = outcomesOf(await bisect(committable, run, { classify: classifyRedisError }));
    const committed = outcomes.filter(isCommittable);
    const keys = committed.map(({ task }) => callId(task.call));
    suspects.clear(keys);
    onDone(keys);
    for (const call of committed) {
      if (call.kind === 'gone') report.gone(call);
      else if (call.result === 'known') report.persisted(call);
    }
    return [...calls.filter((call) => !isCommittable(call)), ...outcomes];
  }
}

/** Whether a folded call has anything to write. */
export function hasEvents({ summary }: FoldedCall): boolean {
  return summary.version > 0;
}

function isFolded(call: CallOutcome): call is FoldedCall {
  return call.kind === 'folded';
}

function isCommittable(call: CallOutcome): call is CommittableCall {
  return call.kind === 'persisted' || call.kind === 'gone';
}

/** Without an epoch, only the acknowledgement is left to do. */
function toCommitted(call: CommittableCall): CommittedCall {
  const { epoch, seq } = call.kind === 'persisted' ? call : { epoch: '', seq: 0 };
  return { call: call.task.call, epoch, seq, entryIds: call.task.entryIds };
}
