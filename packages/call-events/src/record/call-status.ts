import { type EventData } from '../events/call-event.ts';
import { type CallState, type ConnectionEnd, type ConnectionState } from '../fold/call-state.ts';
import { compareEnds, isQuiet } from '../fold/connection-end.ts';
import { isTerminal } from '../fold/fold-carrier-report.ts';

/** How a call stands, and how and when it ended. A call that goes on has neither an end nor a reason for one. */
export interface CallStanding {
  readonly status: EventData<'call.status_reported'>['status'];
  readonly endReason: string | undefined;
  readonly endedAt: string | undefined;
  /** Whether it was completed and its end reported: not a broken connection, a lost gateway, or a failure. */
  readonly isEndedCleanly?: boolean;
}

/** How a call stands, from everything that is known of it. */
export function toCallStanding(state: CallState): CallStanding {
  const status = toCallStatus(state);
  if (!isTerminal(status)) return { status, endReason: undefined, endedAt: undefined };
  const end = lastEnd(state);
  return {
    status,
    endReason: toEndReason(state, end),
    endedAt: state.reports.endedAt?.value ?? end?.order.at,
    isEndedCleanly:
      status === 'completed' && toFailureCause(state) === undefined && isReportedEnd(state, end),
  };
}

/** Why the call or its stream failed, in the carrier's words. Some write `none` if nothing did. */
export function toFailureCause({ reports: { cause, error } }: CallState): string | undefined {
  return [cause?.value, error?.value].find((word) => word !== undefined && !/^none$/i.test(word));
}

/** Whether the carrier or the agent ended the call. Where there is only a guess, the carrier's own status decides. */
function isReportedEnd({ reports }: CallState, end: ConnectionEnd | undefined): boolean {
  if (end === undefined || isQuiet(end)) return reports.status?.value === 'completed';
  return end.kind === 'ended' || end.value === 'agent_hung_up';
}

/** The status of a call: the carrier's final one, else that of its connections, else by the time of its end. */
function toCallStatus(state: CallState): CallStanding['status'] {
  const { reports } = state;
  const reported = reports.status?.value;
  if (reported !== undefined && isTerminal(reported)) return reported;
  const connections = Object.values(state.connections);
  const isOfCarrier = connections.length === 0 || isCarriersAlone(state);
  if (!isOfCarrier) return connections.every(isOver) ? 'completed' : 'in_progress';
  return reports.endedAt === undefined ? (reported ?? 'in_progress') : 'completed';
}

/** How the call ended. Any report of the carrier about the end outweighs that the call was quiet. */
function toEndReason({ reports }: CallState, end: ConnectionEnd | undefined): string | undefined {
  const isKnown = end !== undefined && !isQuiet(end);
  if (isKnown) return end.value;
  const word = reports.status?.isAssumed === true ? reports.statusWord?.value : undefined;
  const reported = reports.disconnectedBy?.value ?? reports.error?.value ?? word;
  const status = reports.status?.value;
  return reported ?? (status !== undefined && isTerminal(status) ? undefined : end?.value);
}

/** Only the carrier reported on this call, and not that its stream is over: silence on our side is not an end. */
function isCarriersAlone({ connections, turns, reports }: CallState): boolean {
  if (reports.status === undefined || reports.streamEnd !== undefined) return false;
  const isSilent = ({ start, end }: ConnectionState) =>
    start === undefined && end !== undefined && isQuiet(end);
  return turns.length === 0 && Object.values(connections).every(isSilent);
}

/** The weightiest end of a call whose connections are all over. */
function lastEnd(state: CallState): ConnectionEnd | undefined {
  const all = Object.values(state.connections);
  const reported = state.reports.status?.value;
  const isGoingOn = reported !== undefined && !isTerminal(reported) && isCarriersAlone(state);
  if (isGoingOn || !all.every(isOver)) return undefined;
  return all
    .flatMap(({ end }) => end ?? [])
    .sort(compareEnds)
    .at(-1);
}

function isOver({ end }: ConnectionState): boolean {
  return end !== undefined;
}
