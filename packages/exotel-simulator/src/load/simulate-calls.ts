import { setMaxListeners } from 'node:events';
import { type PlaceCallOptions } from '../call/call-plan.ts';
import { type CallReport } from '../call/call-report.ts';
import { placeCall, type SimulatedCall } from '../call/simulated-call.ts';

/** Many calls, and how to hold their conversations. */
export interface CallLoad<Conversation> {
  readonly calls: number;
  readonly concurrency: number;
  /** The options of each call. */
  readonly call: PlaceCallOptions;
  /** The agent's side of a call: resolves when the conversation is over. It begins when the line is connected or has failed. */
  readonly converse: (call: SimulatedCall, signal: AbortSignal) => Promise<Conversation>;
  /** When it aborts, no more calls are placed, and those in progress are torn down. */
  readonly signal: AbortSignal;
  readonly onProgress: (finishedCalls: number) => void;
}

/** How one call of a load ended, and the result of its conversation. */
export interface SimulatedOutcome<Conversation> {
  readonly report: CallReport;
  readonly conversation: Conversation;
}

/** Places calls, at most `concurrency` at a time. Resolves when all of them are over. */
export async function simulateCalls<Conversation>(
  load: CallLoad<Conversation>,
): Promise<SimulatedOutcome<Conversation>[]> {
  // Every call listens to it.
  setMaxListeners(0, load.signal);
  const outcomes: SimulatedOutcome<Conversation>[] = [];
  let placed = 0;
  const line = async (): Promise<void> => {
    while (placed < load.calls && !load.signal.aborted) {
      placed += 1;
      outcomes.push(await simulateCall(load));
      load.onProgress(outcomes.length);
    }
  };
  await Promise.all(Array.from({ length: Math.min(load.concurrency, load.calls) }, line));
  return outcomes;
}

async function simulateCall<Conversation>({
  call: options,
  converse,
  signal,
}: CallLoad<Conversation>): Promise<SimulatedOutcome<Conversation>> {
  const call = placeCall({ ...options, signal });
  await call.connected;
  const [report, conversation] = await Promise.all([call.finished, converse(call, signal)]);
  // A half-open call has left its socket behind.
  if (options.drop === 'half-open' && signal.aborted) call.drop('terminate');
  return { report, conversation };
}
