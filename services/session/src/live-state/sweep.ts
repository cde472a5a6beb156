import { createEvent, type EventOf } from '@turnlog/call-events';
import {
  isFaultOfTheCall,
  toNewEvent,
  type Appender,
  type BrokenPartitions,
  type LiveCalls,
  type LostCall,
  type PartitionKeys,
} from '@turnlog/call-log';

/** What a sweep works with, and what it looks for. */
export interface SweepOptions {
  readonly appender: Appender;
  readonly liveCalls: Pick<LiveCalls, 'findLost' | 'requestDueCheckpoints'>;
  /** The clock by which calls were seen. */
  readonly serverTimeMs: () => Promise<number>;
  readonly partitions: readonly number[];
  /** A call with connections that was not seen for this long has lost its gateway. */
  readonly lostAfterMs: number;
  /** A call without connections that was not seen for this long is taken to be over for now. */
  readonly quietAfterMs: number;
  /** A clock that never jumps. */
  readonly now: () => number;
  /** Observes keys of another type. */
  readonly broken: Pick<BrokenPartitions, 'note' | 'clear'>;
  /** The names of a partition's keys. */
  readonly keysOf: (partition: number) => Pick<PartitionKeys, 'live' | 'checkpoints'>;
  /** Called with a call that can't be ended, because of its own data. */
  readonly onCallFailed: (lost: LostCall, error: unknown) => void;
}

/** What a sweep did. The work of other replicas is not in it. */
export interface SweepResult {
  /** Connections that were ended because their gateway is gone. */
  readonly lostConnections: number;
  /** Calls without connections that were ended because no event came. */
  readonly quietCalls: number;
  readonly checkpoints: number;
}

/**
 * Ends calls whose gateway died, and quiet calls without a connection, and requests the checkpoints that are due. Any
 * number of replicas may sweep at once: each step takes effect once.
 *
 * While Redis is unavailable no gateway can report which calls it has. So no call is ended before Redis has answered,
 * sweep after sweep, for as long as a call may go unseen. The same holds after the clock of Redis was set, or is that of
 * another server: by it every call may seem unseen for an hour.
 */
export class Sweep {
  readonly #options: SweepOptions;
  #answeringSinceMs: number | undefined;
  #clockAheadMs: number | undefined;

  constructor(options: SweepOptions) {
    this.#options = options;
  }

  /** Sweeps once. Rejects while Redis is unavailable. */
  async run(): Promise<SweepResult> {
    const { partitions, lostAfterMs, now } = this.#options;
    const startedAtMs = now();
    try {
      await this.#noteClockJump();
      const hasAnsweredLong = startedAtMs - (this.#answeringSinceMs ?? startedAtMs) >= lostAfterMs;
      const results = await Promise.all(
        partitions.map((each) => this.#sweepPartition(each, hasAnsweredLong)),
      );
      this.#answeringSinceMs ??= startedAtMs;
      return results.reduce(add);
    } catch (error) {
      this.#answeringSinceMs = undefined;
      throw error;
    }
  }

  async #noteClockJump(): Promise<void> {
    const { serverTimeMs, now } = this.#options;
    const aheadMs = (await serverTimeMs()) - now();
    const jumpMs = Math.abs(aheadMs - (this.#clockAheadMs ?? aheadMs));
    if (jumpMs > this.#shortestMs / 2) this.#answeringSinceMs = undefined;
    this.#clockAheadMs = aheadMs;
  }

  /** No call is due before it was unseen for so long. */
  get #shortestMs(): number {
    return Math.min(this.#options.lostAfterMs, this.#options.quietAfterMs);
  }

  async #sweepPartition(partition: number, hasAnsweredLong: boolean): Promise<SweepResult> {
    const { liveCalls, keysOf } = this.#options;
    const { live, checkpoints } = keysOf(partition);
    const end = (): Promise<SweepResult> => this.#endUnseen(partition);
    const ended = hasAnsweredLong ? await this.#alone(live, NOTHING, end) : NOTHING;
    const request = (): Promise<number> => liveCalls.requestDueCheckpoints(partition).catch(laterIfFull);
    const requested = await this.#alone(checkpoints, 0, request);
    return { ...ended, checkpoints: requested };
  }

  /** A key of another type stops the step that uses it, and no other. */
  async #alone<T>(key: string, nothing: T, work: () => Promise<T>): Promise<T> {
    const { broken } = this.#options;
    try {
      const done = await work();
      broken.clear(key);
      return done;
    } catch (error) {
      if (!isFaultOfTheCall(error)) throw error;
      broken.note(key, error);
      return nothing;
    }
  }

  async #endUnseen(partition: number): Promise<SweepResult> {
    const { liveCalls, serverTimeMs, lostAfterMs, quietAfterMs } = this.#options;
    const nowMs = await serverTimeMs();
    const isDue = ({ seenAtMs, openConnections }: LostCall): boolean =>
      nowMs - seenAtMs >= (openConnections.length > 0 ? lostAfterMs : quietAfterMs);
    let result = NOTHING;
    let left = 0;
    for (;;) {
      const unseen = await liveCalls.findLost(partition, this.#shortestMs, left);
      if (unseen.length === 0) return result;
      const ended = await Promise.all(unseen.filter(isDue).map((lost) => this.#endAlone(lost)));
      // Calls that stay in the list are skipped from here on, so that the sweep reaches every page.
      left += unseen.length - ended.filter(hadEffect).length;
      result = ended.reduce(add, result);
    }
  }

  async #endAlone(lost: LostCall): Promise<SweepResult> {
    try {
      return await this.#end(lost);
    } catch (error) {
      if (!isFaultOfTheCall(error)) throw error;
      this.#options.onCallFailed(lost, error);
      return NOTHING;
    }
  }

  async #end(lost: LostCall): Promise<SweepResult> {
    const { call, seenAtMs, openConnections } = lost;
    const origin = { call, source: 'sweep', atMs: seenAtMs };
    if (openConnections.length === 0) {
      const end = createEvent('call.disconnected', QUIET, { ...origin, id: `quiet:${seenAtMs}` });
      return { ...NOTHING, quietCalls: await this.#append(lost, [end]) };
    }
    const ends = openConnections.map((connectionId) => {
      const id = `gateway_lost:${connectionId}`;
      return createEvent('call.disconnected', { connectionId, reason: 'gateway_lost' }, { ...origin, id });
    });
    return { ...NOTHING, lostConnections: await this.#append(lost, ends) };
  }

  /** The ids follow from what ended, so two sweepers make one event. A call that was seen meanwhile is left alone. */
  async #append(
    { call, seenAtMs }: LostCall,
    ends: readonly EventOf<'call.disconnected'>[],
  ): Promise<number> {
    const outcome = await this.#options.appender.append({
      call,
      events: ends.map((event) => toNewEvent(event, { rememberId: true })),
      mode: 'unordered',
      unseenSinceMs: seenAtMs,
    });
    if (outcome.outcome !== 'ok') return 0;
    return outcome.results.filter(({ status }) => status === 'appended').length;
  }
}

/** The connection id of a call whose events arrive over HTTP alone. */
const QUIET = { connectionId: 'http', reason: 'quiet' };

const NOTHING: SweepResult = { lostConnections: 0, quietCalls: 0, checkpoints: 0 };

/** The next sweep asks a full Redis again. Lost calls are ended meanwhile, or Redis would stay full. */
function laterIfFull(error: unknown): number {
  if (error instanceof Error && error.message.startsWith('OOM ')) return 0;
  throw error;
}

function hadEffect({ lostConnections, quietCalls }: SweepResult): boolean {
  return lostConnections + quietCalls > 0;
}

function add(a: SweepResult, b: SweepResult): SweepResult {
  return {
    lostConnections: a.lostConnections + b.lostConnections,
    quietCalls: a.quietCalls + b.quietCalls,
    checkpoints: a.checkpoints + b.checkpoints,
  };
}
