import { type EventHeader } from '../events/call-event.ts';

/**
 * What decides which of two events is the later one: when it happened, then its place in its source, then its id. It
 * depends on the events alone, so the order in which they arrive never shows in a record.
 */
export interface Order {
  readonly at: string;
  readonly source: string;
  readonly sourceSeq: number;
  readonly id: string;
}

/** The order of an event; `at` may be given where the event happened at another moment than it was reported. */
export function orderOf(event: EventHeader, at: string = event.at): Order {
  return { at, source: event.source, sourceSeq: event.sourceSeq ?? 0, id: event.id };
}

/** Negative when `a` is the earlier one. */
export function compareOrder(a: Order, b: Order): number {
  return (
    compareText(a.at, b.at) ||
    compareText(a.source, b.source) ||
    a.sourceSeq - b.sourceSeq ||
    compareText(a.id, b.id)
  );
}

/** Negative when `a` comes first by its code units. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** A value and the order of the event that reported it. */
export interface Stamped<T> {
  readonly value: T;
  readonly order: Order;
}

/** A value that this event reports. */
export function stamp<T>(event: EventHeader, value: T): Stamped<T> {
  return { value, order: orderOf(event) };
}

/** The value of the later event. */
export function newest<T>(current: Stamped<T> | undefined, candidate: Stamped<T>): Stamped<T> {
  return current !== undefined && compareOrder(current.order, candidate.order) > 0 ? current : candidate;
}

/** The value of the earlier event. */
export function oldest<T>(current: Stamped<T> | undefined, candidate: Stamped<T>): Stamped<T> {
  return current !== undefined && compareOrder(current.order, candidate.order) < 0 ? current : candidate;
}
