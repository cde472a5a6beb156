import { type CallEvent, type EventHeader, type KnownEvent } from '../events/call-event.ts';
import { compareOrder, compareText, orderOf } from './order.ts';

const REPORT_TYPES = [
  'turn.completed',
  'data.collected',
  'stage.changed',
  'objection.raised',
  'outcome.decided',
  'tool.called',
  'consent.recorded',
] as const;
const REPORTS: ReadonlySet<CallEvent['type']> = new Set(REPORT_TYPES);

/** What an agent reports under an id of its own, and may report again in another revision. */
export type Report = Extract<KnownEvent, { type: (typeof REPORT_TYPES)[number] }>;

/** Whether an event is a report. */
export function isReport(event: CallEvent): event is Report {
  return REPORTS.has(event.type);
}

/**
 * Of the events of each id the one that counts: the highest revision; of several with the same one, which contradict each
 * other, the latest. In the order in which their ids first come.
 */
export function newestOfEach<E extends EventHeader>(events: readonly E[]): E[] {
  const newest = new Map<string, E>();
  for (const event of events) {
    const known = newest.get(event.id);
    if (known === undefined || compareRevisions(known, event) < 0) newest.set(event.id, event);
  }
  return [...newest.values()];
}

/** {@link newestOfEach}, but a revision that does not say when it happened keeps the time of the first report. */
export function newestInPlace<E extends EventHeader>(events: readonly E[]): E[] {
  const first = new Map<string, E>();
  for (const event of events) {
    const known = first.get(event.id);
    if (known === undefined || compareRevisions(known, event) > 0) first.set(event.id, event);
  }
  return newestOfEach(events).map((event) => {
    const isPlaced = event.revision === undefined || event.isTimed === true;
    return isPlaced ? event : { ...event, at: first.get(event.id)?.at ?? event.at };
  });
}

/** Negative when `b` counts more than `a`. It depends on the events alone. */
function compareRevisions(a: EventHeader, b: EventHeader): number {
  return (
    (a.revision ?? 0) - (b.revision ?? 0) ||
    compareOrder(orderOf(a), orderOf(b)) ||
    compareText(a.fingerprint ?? '', b.fingerprint ?? '')
  );
}
