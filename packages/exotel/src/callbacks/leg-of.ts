import { type CallbackFields } from './callback-fields.ts';
import { type CarrierLeg } from './carrier-report.ts';
import { definedOnly, firstOf, secondsOf, wordOf } from './read-values.ts';

const LEG_EVENT = /^(?:dial|leg|agent)/i;

/**
 * Whether a report with an event is about another leg of the call: a Connect applet reports on the colleague
 * whom it dials, and `Status` is the state of that phone (`busy` while it rings, `free` after).
 */
export function isOfLeg(fields: CallbackFields): boolean {
  const eventType = fields.get('EventType');
  if (eventType === undefined) return false;
  return LEG_EVENT.test(eventType) || fields.get('DialWhomNumber', 'AgentEmail') !== undefined;
}

/**
 * The same for a report without an event: a StatusCallback has the time of its update and no dialled number,
 * a Connect applet the other way around.
 */
export function isOfUnnamedLeg(fields: CallbackFields): boolean {
  return (
    fields.get('EventType', 'DateUpdated', 'Call.DateUpdated') === undefined &&
    fields.get('DialWhomNumber') !== undefined
  );
}

/** The leg of a report, if it is about one. */
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
