import { setMaxListeners } from 'node:events';
import {
  placeCall,
  type CallReport,
  type PlaceCallOptions,
  type SimulatedCall,
} from '@turnlog/exotel-simulator';
import { type AgentTally } from './agent-tally.ts';

/** What a round of calls is made of. */
export interface SimulationPlan {
  readonly calls: number;
  readonly concurrency: number;
  /** What each call is placed with. */
  readonly call: PlaceCallOptions;
  /** Holds the conversation of a call that is connected; resolves when everything of it was said. */
  readonly converse: (call: SimulatedCall, signal: AbortSignal) => Promise<AgentTally>;
  /** No more calls are placed once it aborts, and the ones under way are torn down. */
  readonly signal: AbortSignal;
  readonly onProgress: (finished: number) => void;
}

/** What became of one call. */
export interface SimulatedOutcome {
  readonly report: CallReport;
  readonly agent: AgentTally;
}

/** Places calls, so many at a time, and resolves when all are over. */
export async function simulateCalls(plan: SimulationPlan): Promise<SimulatedOutcome[]> {
  // Every call listens to it.
  setMaxListeners(0, plan.signal);
  const outcomes: SimulatedOutcome[] = [];
  let placed = 0;
  const line = async (): Promise<void> => {
    while (placed < plan.calls && !plan.signal.aborted) {
      placed += 1;
      outcomes.push(await simulateCall(plan));
      plan.onProgress(outcomes.length);
    }
  };
  await Promise.all(Array.from({ length: Math.min(plan.concurrency, plan.calls) }, line));
  return outcomes;
}

async function simulateCall({ call: options, converse, signal }: SimulationPlan): Promise<SimulatedOutcome> {
  const call = placeCall({ ...options, signal });
  await call.connected;
  const [report, agent] = await Promise.all([call.finished, converse(call, signal)]);
  // A half-open call has left its socket behind.
  if (options.drop === 'half-open' && signal.aborted) call.drop('terminate');
  return { report, agent };
}
