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
  /** Told of keys of a partition that are of another type, and of such as are well. */
  readonly broken: Pick<BrokenPartitions, 'note' | 'clear'>;
  /** The names of a partition's keys. */
  readonly keysOf: (partition: number) => Pick<PartitionKeys, 'live' | 'checkpoints'>;
  /** Told of a call that can't be given up, for a reason of its own. */
  readonly onCallFailed: (lost: LostCall, error: unknown) => void;
}

/** What a sweep did. Another replica's work doesn't count. */
export interface SweepResult {
  /** Connections that were ended because their gateway is gone. */
  readonly lostConnections: number;
  /** Calls without connections that were ended because nothing was heard of them. */
  readonly quietCalls: number;
  readonly checkpoints: number;
}

/**
 * Ends calls whose gateway died, and quiet ones that have no connection, and asks for the checkpoints that are due. Any number of
 * replicas may sweep at once: each step takes effect once.
 *
 * While Redis was away no gateway could say which calls it has. So nobody is given up before Redis has answered, sweep
 * after sweep, for as long as a call may go unseen. A clock of Redis that was set, or that of another server after a
 * failover, is no different: by it every call may seem unseen for an hour.
 */
export function createSweep(options: SweepOptions) {
  const { appender, liveCalls, serverTimeMs, partitions, lostAfterMs, quietAfterMs, now } = options;
  const { broken, keysOf, onCallFailed } = options;
  const jumpMs = Math.min(lostAfterMs, quietAfterMs) / 2;
  let answeringSinceMs: number | undefined;
  let clockAheadMs: number | undefined;

  const sweep = async (): Promise<SweepResult> => {
    const startedAtMs = now();
    try {
      const aheadMs = (await serverTimeMs()) - now();
      if (Math.abs(aheadMs - (clockAheadMs ?? aheadMs)) > jumpMs) answeringSinceMs = undefined;
      clockAheadMs = aheadMs;
      const hasAnsweredLong = startedAtMs - (answeringSinceMs ?? startedAtMs) >= lostAfterMs;
      const results = await Promise.all(partitions.map((each) => sweepPartition(each, hasAnsweredLong)));
      answeringSinceMs ??= startedAtMs;
      return results.reduce(add);
    } catch (error) {
      answeringSinceMs = undefined;
      throw error;
    }
  };

  const sweepPartition = async (partition: number, hasAnsweredLong: boolean): Promise<SweepResult> => {
    const { live, checkpoints } = keysOf(partition);
    const giveUp = (): Promise<SweepResult> => giveUpUnseen(partition);
    const given = hasAnsweredLong ? await alone(live, NOTHING, giveUp) : NOTHING;
    const ask = (): Promise<number> => liveCalls.requestDueCheckpoints(partition).catch(laterIfFull);
    const asked = await alone(checkpoints, 0, ask);
    return { ...given, checkpoints: asked };
  };

  /** A key of another type stops what is done with it, and nothing else. */
  const alone = async <T>(key: string, nothing: T, work: () => Promise<T>): Promise<T> => {
    try {
      const done = await work();
      broken.clear(key);
      return done;
    } catch (error) {
      if (!isFaultOfTheCall(error)) throw error;
      broken.note(key, error);
      return nothing;
    }
  };

  const giveUpUnseen = async (partition: number): Promise<SweepResult> => {
    const nowMs = await serverTimeMs();
    const isDue = ({ seenAtMs, openConnections }: LostCall): boolean =>
      nowMs - seenAtMs >= (openConnections.length > 0 ? lostAfterMs : quietAfterMs);
    let result = NOTHING;
    let left = 0;
    for (;;) {
      const unseen = await liveCalls.findLost(partition, Math.min(lostAfterMs, quietAfterMs), left);
      if (unseen.length === 0) return result;
      const given = await Promise.all(unseen.filter(isDue).map(giveUpAlone));
      // Whatever is still in the list is passed over from here on, so that every page gets its turn.
      left += unseen.length - given.filter(hadEffect).length;
      result = given.reduce(add, result);
    }
  };

  const giveUpAlone = async (lost: LostCall): Promise<SweepResult> => {
    try {
      return await giveUp(lost);
    } catch (error) {
      if (!isFaultOfTheCall(error)) throw error;
      onCallFailed(lost, error);
      return NOTHING;
    }
  };

  const giveUp = async (lost: LostCall): Promise<SweepResult> => {
    const { call, seenAtMs, openConnections } = lost;
    const origin = { call, source: 'sweep', atMs: seenAtMs };
    if (openConnections.length === 0) {
      const end = createEvent('call.disconnected', QUIET, { ...origin, id: `quiet:${seenAtMs}` });
      return { ...NOTHING, quietCalls: await append(lost, [end]) };
    }
    const ends = openConnections.map((connectionId) => {
      const id = `gateway_lost:${connectionId}`;
      return createEvent('call.disconnected', { connectionId, reason: 'gateway_lost' }, { ...origin, id });
    });
    return { ...NOTHING, lostConnections: await append(lost, ends) };
  };

  /** The ids name what ended, and a call seen meanwhile is left alone: two sweepers make one event. */
  const append = async (
    { call, seenAtMs }: LostCall,
    ends: readonly EventOf<'call.disconnected'>[],
  ): Promise<number> => {
    const outcome = await appender.append({
      call,
      events: ends.map((event) => toNewEvent(event, { rememberId: true })),
      mode: 'unordered',
      unseenSinceMs: seenAtMs,
    });
    if (outcome.outcome !== 'ok') return 0;
    return outcome.results.filter(({ status }) => status === 'appended').length;
  };

  return sweep;
}

/** What stands for the connection of a call whose events come over HTTP alone. */
const QUIET = { connectionId: 'http', reason: 'quiet' };

const NOTHING: SweepResult = { lostConnections: 0, quietCalls: 0, checkpoints: 0 };

/** A Redis that is full is asked again by the next sweep. Calls that are lost are given up meanwhile, or it would stay full. */
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
