import { type EventOf } from '../events/call-event.ts';
import { type CallState } from '../fold/call-state.ts';
import { CollectedReports } from '../fold/collected-reports.ts';
import { newest, orderOf, type Stamped } from '../fold/order.ts';
import { newestInPlace, newestOfEach } from '../fold/revisions.ts';
import { type JsonValue } from '../text/json.ts';

/*
 * What the reports of a call come to. As long as none was superseded, the fold has seen to it step by step; else it is made
 * of all reports that count, in proportion to their number.
 */

/** The turns that count, each at its place in time, in no order. */
export function countingTurns({ turns, superseded }: CallState): EventOf<'turn.completed'>[] {
  return superseded === 0 ? turns.toArray() : newestInPlace(turns.toArray());
}

/** The objections that count. */
export function countingObjections({ objections, superseded }: CallState): EventOf<'objection.raised'>[] {
  return superseded === 0 ? objections.toArray() : newestInPlace(objections.toArray());
}

/** The consents that count. */
export function countingConsents({ consents, superseded }: CallState): EventOf<'consent.recorded'>[] {
  return superseded === 0 ? consents.toArray() : newestInPlace(consents.toArray());
}

/** The newest stage. */
export function countingStage({ stages, stage, superseded }: CallState): string | undefined {
  if (superseded === 0) return stage?.value;
  return newestValue(newestOfEach(stages.toArray()), ({ data }) => data.stage);
}

/** The newest outcome. */
export function countingOutcome({ outcomes, outcome, superseded }: CallState): string | undefined {
  if (superseded === 0) return outcome?.value;
  return newestValue(newestOfEach(outcomes.toArray()), ({ data }) => data.outcome);
}

/** The newest value of each field that was collected. */
export function countingFields({
  collected,
  superseded,
}: CallState): ReadonlyMap<string, Stamped<JsonValue>> {
  const counting = superseded === 0 ? collected : CollectedReports.of(newestOfEach(collected.toArray()));
  return counting.newestFields();
}

function newestValue<E extends EventOf<'stage.changed'> | EventOf<'outcome.decided'>>(
  events: readonly E[],
  valueOf: (event: E) => string,
): string | undefined {
  return events.reduce<Stamped<string> | undefined>(
    (found, event) => newest(found, { value: valueOf(event), order: orderOf(event) }),
    undefined,
  )?.value;
}
