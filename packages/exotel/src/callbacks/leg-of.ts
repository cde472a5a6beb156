import { type CallbackFields } from './callback-fields.ts';
import { type CarrierLeg } from './carrier-report.ts';
import { definedOnly, firstOf, secondsOf, wordOf } from './read-values.ts';

const LEG_EVENT = /^(?:dial|leg|agent)/i;

/**
 * Whether a report with an event is about another leg of the call: a Connect applet tells of the colleague whom it
 * dials, and `Status` is the state of that phone (`busy` while it rings, `free` after).
 */
export function isOfLeg(fields: CallbackFields): boolean {
  const eventType = fields.get('EventType');
  if (eventType === undefined) return false;
  return LEG_EVENT.test(eventType) || fields.get('DialWhomNumber', 'AgentEmail') !== undefined;
}

/**
 * The same where a status is told without an event: a StatusCallback says when it was updated and names no number that was
 * dialled besides, a Connect applet the other way around.
 */
export function isOfUnnamedLeg(fields: CallbackFields): boolean {
  return (
    fields.get('EventType', 'DateUpdated', 'Call.DateUpdated') === undefined &&
    fields.get('DialWhomNumber') !== undefined
  );
}

/** The leg that a report tells of, if it does. */
export function legOf(fields: CallbackFields, isSubject = isOfLeg(fields)): CarrierLeg | undefined {
  const statusNames = isSubject ? ['DialCallStatus', 'Status'] : ['DialCallStatus'];
  const leg = definedOnly({
    number: wordOf(fields.get('DialWhomNumber')),
    status: firstOf(fields, statusNames, wordOf),
    agent: wordOf(fields.get('AgentEmail')),
    durationSeconds: secondsOf(fields.get('DialCallDuration')),
  });
  return leg.number === undefined && leg.status === undefined && leg.agent === undefined ? undefined : leg;
}
