import { type CallState, type LegState } from '../fold/call-state.ts';
import { compareOrder } from '../fold/order.ts';
import { definedOnly } from '../fold/records.ts';

/** Another leg of a call as its row has it. Words are the carrier's own. */
export type CallLeg = ReturnType<typeof toLeg>;

/** The other legs of a call, in the order in which they were first reported. */
export function toLegs({ legs }: CallState): CallLeg[] {
  return Object.values(legs)
    .sort((a, b) => compareOrder(a.first.order, b.first.order))
    .map(toLeg);
}

function toLeg({ number, agent, status, event, durationSeconds, first }: LegState) {
  return definedOnly({
    number: number?.value,
    agent: agent?.value,
    status: status?.value,
    /** The last event of it that was reported, such as `Dial` or `Answered`. */
    event: event?.value,
    duration_seconds: durationSeconds?.value,
    /** When it was first reported. */
    timestamp: first.order.at,
  });
}
