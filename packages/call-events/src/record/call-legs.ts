import { type CallState, type LegState } from '../fold/call-state.ts';
import { compareOrder } from '../fold/order.ts';

/** Another leg of a call as its row says it. Words are the carrier's own. */
export interface CallLeg {
  readonly number?: string;
  readonly agent?: string;
  readonly status?: string;
  /** The last event of it that was reported, such as `Dial` or `Answered`. */
  readonly event?: string;
  readonly duration_seconds?: number;
  /** When it was first heard of. */
  readonly timestamp: string;
}

/** The other legs of a call, in the order in which they were heard of. */
export function toLegs({ legs }: CallState): CallLeg[] {
  return Object.values(legs)
    .sort((a, b) => compareOrder(a.first.order, b.first.order))
    .map((leg) => toLeg(leg));
}

function toLeg({ number, agent, status, event, durationSeconds, first }: LegState): CallLeg {
  return {
    ...(number !== undefined && { number: number.value }),
    ...(agent !== undefined && { agent: agent.value }),
    ...(status !== undefined && { status: status.value }),
    ...(event !== undefined && { event: event.value }),
    ...(durationSeconds !== undefined && { duration_seconds: durationSeconds.value }),
    timestamp: first.order.at,
  };
}
