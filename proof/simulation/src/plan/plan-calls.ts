import { type CallKey, type EventDraft } from '@turnlog/call-events';
import { type Rng } from '@turnlog/test-kit';

/** An event before it is recorded. */
export type UnplacedDraft = Said & { readonly id: string };
type Said = Pick<EventDraft, 'type' | 'data'>;

/** An event in a call, milliseconds after the start. */
export interface PlannedEvent {
  readonly atMs: number;
  readonly draft: UnplacedDraft;
  /** Its id was chosen by the agent, and may be repeated. */
  readonly rememberId: boolean;
}

/** One connection of the carrier to a gateway: all its messages, from start to end. */
export interface PlannedConnection {
  readonly connectionId: string;
  readonly gateway: number;
  /** The error of the gateway's clock. */
  readonly clockOffMs: number;
  readonly events: readonly PlannedEvent[];
}

/** A call: connections, and reports over HTTP. */
export interface PlannedCall {
  readonly call: CallKey;
  readonly connections: readonly PlannedConnection[];
  readonly reports: readonly PlannedEvent[];
}

/** The id of the first event of a connection. */
export function startOf(connectionId: string): string {
  return `${connectionId}-start`;
}

const LAST_CONNECTION_EVENT_MS = 36_000;
const LAST_REPORT_MS = 50_000;
const STAGES = ['greeting', 'discovery', 'closing'];

/** Plans two to four calls, or as many more. */
export function planCalls(rng: Rng, gateways: number, more = 0): PlannedCall[] {
  return Array.from({ length: rng.int(2, 4) + more }, (_, index) =>
    planCall(rng.fork(`call ${index}`), index, gateways),
  );
}

function planCall(rng: Rng, index: number, gateways: number): PlannedCall {
  const callSid = `CA${index + 1}`;
  const isOverHttpAlone = rng.chance(0.1);
  const connections = isOverHttpAlone ? 0 : rng.chance(0.3) ? 2 : 1;
  return {
    call: { tenant: 'default', callSid },
    connections: Array.from({ length: connections }, (_, number) =>
      planConnection(rng, `${callSid}-c${number + 1}`, gateways),
    ),
    reports: planReports(callSid, isOverHttpAlone ? rng.int(1, 4) : rng.int(0, 3), rng),
  };
}

/** Every other one repeats an earlier report: the same id, and the same words. */
function planReports(callSid: string, count: number, rng: Rng): PlannedEvent[] {
  return Array.from({ length: count }, (_, number) => {
    const id = `turn:${callSid}-h${number >> 1}`;
    return planReport(id, rng.int(0, LAST_REPORT_MS), rng.fork(`size of ${id}`));
  });
}

/** Some texts are long. */
function somePadding(rng: Rng): string {
  return rng.chance(0.25) ? '.'.repeat(rng.int(200, 900)) : '';
}

function planReport(id: string, atMs: number, sizes: Rng): PlannedEvent {
  const data = { speaker: 'user' as const, text: `what ${id} says${somePadding(sizes)}` };
  return { atMs, draft: { type: 'turn.completed', data, id }, rememberId: true };
}

function planConnection(rng: Rng, connectionId: string, gateways: number): PlannedConnection {
  const sizes = rng.fork(`sizes of ${connectionId}`);
  const startMs = rng.int(0, 20_000);
  const endMs = rng.int(startMs + 1, LAST_CONNECTION_EVENT_MS);
  const said = Array.from({ length: rng.int(1, 8) }, (_, number) => {
    const rememberId = rng.chance(0.2);
    const id = `${rememberId ? 'turn:' : ''}${connectionId}-${number}`;
    return {
      atMs: rng.int(startMs, endMs),
      draft: { ...somethingSaid(rng, connectionId, sizes), id },
      rememberId,
    };
  });
  const start = {
    atMs: startMs,
    draft: {
      type: 'call.started' as const,
      data: { connectionId, from: '+910000000001' },
      id: startOf(connectionId),
    },
    rememberId: false,
  };
  const end = {
    atMs: endMs,
    draft: { ...ending(rng, connectionId), id: `${connectionId}-end` },
    rememberId: false,
  };
  return {
    connectionId,
    gateway: rng.int(0, gateways - 1),
    clockOffMs: rng.chance(0.2) ? rng.pick([-3_600_000, 3_600_000]) : 0,
    events: [start, ...said.sort((a, b) => a.atMs - b.atMs), end],
  };
}

function somethingSaid(rng: Rng, who: string, sizes: Rng): Said {
  const kind = rng.next();
  if (kind < 0.7) {
    const speaker = rng.pick(['user', 'ai'] as const);
    const text = `${who} says ${rng.int(1, 999)}${somePadding(sizes)}`;
    return { type: 'turn.completed', data: { speaker, text } };
  }
  if (kind < 0.9) return { type: 'data.collected', data: { fields: { budget: rng.int(1, 99) } } };
  return { type: 'stage.changed', data: { stage: rng.pick(STAGES) } };
}

function ending(rng: Rng, connectionId: string): Said {
  if (rng.chance(0.6)) return { type: 'call.ended', data: { connectionId, reason: 'callended' } };
  return { type: 'call.disconnected', data: { connectionId, reason: 'socket_closed' } };
}
