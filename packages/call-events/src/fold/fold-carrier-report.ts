import { type EventData, type EventOf } from '../events/call-event.ts';
import { REPORTED_FIELDS, type CarrierReports, type Reported, type ReportedStatus } from './call-state.ts';
import { compareOrder, orderOf } from './order.ts';

type Status = EventData<'call.status_reported'>['status'];

const TERMINAL: ReadonlySet<Status> = new Set(['completed', 'failed', 'no_answer', 'busy', 'canceled']);

/** Whether a call with this status is over. */
export function isTerminal(status: Status): boolean {
  return TERMINAL.has(status);
}

/**
 * Of each fact the weightiest report: what the carrier answered when it was asked, then the newest. A report of the end
 * is not taken back by one from before it.
 */
export function foldCarrierReport(
  reports: CarrierReports,
  event: EventOf<'call.status_reported'>,
): CarrierReports {
  const { data } = event;
  const about = { order: orderOf(event), isConfirmed: data.confirmed === true };
  const folded: Record<string, Reported<unknown>> = { ...reports };
  for (const field of REPORTED_FIELDS) {
    const value = data[field];
    if (value !== undefined) folded[field] = weightier(reports[field], { value, ...about });
  }
  if (isOfStreamEnd(data)) folded['streamEnd'] = weightier(reports.streamEnd, { value: true, ...about });
  if (data.subject === 'leg') return folded;
  const isAssumed = data.assumed === true && { isAssumed: true };
  return { ...folded, status: laterStatus(reports.status, { value: data.status, ...about, ...isAssumed }) };
}

/** Whether it is a Passthru, which reports how its stream ended. */
function isOfStreamEnd({ streamStatus, disconnectedBy, error }: EventData<'call.status_reported'>): boolean {
  return streamStatus !== undefined || disconnectedBy !== undefined || error !== undefined;
}

function laterStatus(current: ReportedStatus | undefined, candidate: ReportedStatus): ReportedStatus {
  if (current === undefined) return candidate;
  const isCurrentTerminal = isTerminal(current.value);
  if (isCurrentTerminal !== isTerminal(candidate.value)) return isCurrentTerminal ? current : candidate;
  if (current.isAssumed !== candidate.isAssumed) return current.isAssumed === true ? candidate : current;
  return weightier(current, candidate);
}

function weightier<R extends Reported<unknown>>(current: R | undefined, candidate: R): R {
  if (current === undefined) return candidate;
  if (current.isConfirmed !== candidate.isConfirmed) return current.isConfirmed ? current : candidate;
  return compareOrder(current.order, candidate.order) > 0 ? current : candidate;
}
