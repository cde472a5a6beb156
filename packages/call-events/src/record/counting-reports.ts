import { type EventHeader } from '../events/call-event.ts';
import { type AppendOnlyList } from '../fold/append-only.ts';
import { type CallState, type Outcome } from '../fold/call-state.ts';
import { CollectedReports } from '../fold/collected-reports.ts';
import { newest, stamp, type Stamped } from '../fold/order.ts';
import { newestInPlace, newestOfEach } from '../fold/revisions.ts';

/*
 * The reports of a call that count. As long as none was superseded, the fold has applied them step by step; otherwise
 * the result is made of all reports that count, in proportion to their number.
 */

/** The turns that count, each at its place in time, in no order. */
export const countingTurns = ({ turns, superseded }: CallState) => inPlace(turns, superseded);

/** The objections that count. */
export const countingObjections = ({ objections, superseded }: CallState) => inPlace(objections, superseded);

/** The consents that count. */
export const countingConsents = ({ consents, superseded }: CallState) => inPlace(consents, superseded);

/** The tool calls that count. */
export const countingTools = ({ toolCalls, superseded }: CallState) => inPlace(toolCalls, superseded);

/** The stages that count. */
export const countingStages = ({ stages, superseded }: CallState) => inPlace(stages, superseded);

/** The newest stage. */
export function countingStage({ stages, stage, superseded }: CallState): string | undefined {
  const counting = superseded === 0 ? stage : newestStamp(stages, ({ data }) => data.stage);
  return counting?.value;
}

/** The newest outcome, with its reason. */
export function countingOutcome({ outcomes, outcome, superseded }: CallState): Outcome | undefined {
  const counting = superseded === 0 ? outcome : newestStamp(outcomes, ({ data }) => data);
  return counting?.value;
}

/** The newest value of each field that was collected. */
export function countingFields({
  collected,
  superseded,
}: CallState): ReturnType<typeof collected.newestFields> {
  const counting = superseded === 0 ? collected : CollectedReports.of(newestOfEach(collected.toArray()));
  return counting.newestFields();
}

function inPlace<E extends EventHeader>(reports: AppendOnlyList<E>, superseded: number): E[] {
  return superseded === 0 ? reports.toArray() : newestInPlace(reports.toArray());
}

function newestStamp<E extends EventHeader, T>(reports: AppendOnlyList<E>, valueOf: (report: E) => T) {
  return newestOfEach(reports.toArray())
    .map((report) => stamp(report, valueOf(report)))
    .reduce<Stamped<T> | undefined>((found, each) => newest(found, each), undefined);
}
