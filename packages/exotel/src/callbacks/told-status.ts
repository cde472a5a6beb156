import { type CarrierReport, type CarrierStatus } from './carrier-report.ts';
import { statusOf, wordOf } from './read-values.ts';
import { type CallbackFields } from './callback-fields.ts';

/** A status, and its source. */
export type ToldStatus = Pick<CarrierReport, 'status' | 'assumed' | 'statusWord'>;

const OVER: ReadonlySet<CarrierStatus> = new Set(['completed', 'failed', 'busy', 'no_answer', 'canceled']);

/** Events of a call in progress, whatever their `Status`. */
const MID_CALL =
  /^(?:initiat|queue|ring|answer|in-?_?\s?progress|dial|leg|agent|connect|incoming|outgoing|.*start(?:ed)?$)/i;
const TERMINAL = /terminal|complete|hang-?_?\s?up|disconnect|^end|ended$/i;

/** What a report's status is read from. */
export interface StatusEvidence {
  readonly fields: CallbackFields;
  readonly names: readonly string[];
  readonly eventType: string | undefined;
  /** Another field shows that the call is over, such as the time of its end. */
  readonly hasEnded: boolean;
}

/**
 * The status of the call. An event in the middle of a call does not end it. If the call is over and the
 * status is unknown, it is assumed to be `completed`, any explicit status takes precedence, and the carrier's
 * own word is kept.
 */
export function toldStatus({ fields, names, eventType, hasEnded }: StatusEvidence): ToldStatus {
  const words = names.flatMap((name) => fields.get(name) ?? []);
  const stated = words.map((word) => statusOf(word)).find((status) => status !== undefined);
  if (eventType !== undefined && MID_CALL.test(eventType)) {
    return { status: stated !== undefined && !OVER.has(stated) ? stated : statusOfEvent(eventType) };
  }
  const isTerminalEvent = eventType !== undefined && TERMINAL.test(eventType);
  const goesOn = stated !== undefined && !OVER.has(stated);
  if (stated !== undefined && !(goesOn && isTerminalEvent)) return { status: stated };
  if (!hasEnded && !isTerminalEvent) return { status: 'in_progress' };
  const statusWord = words.map((word) => wordOf(word)).find((word) => word !== undefined);
  return { status: 'completed', assumed: true, ...(statusWord !== undefined && { statusWord }) };
}

function statusOfEvent(eventType: string): CarrierStatus {
  return /^ring/i.test(eventType) ? 'ringing' : 'in_progress';
}
