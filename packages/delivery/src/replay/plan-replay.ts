import { callId, createEvent, endsConnection, type CallKey, type EncodedHeader } from '@turnlog/call-events';
import { toNewEvent, type AppendRequest } from '@turnlog/call-log';
import { type SpoolRecord } from '@turnlog/spool';

/** Consecutive events of one source. */
export interface SpooledRun {
  readonly call: CallKey;
  readonly source: string;
  readonly events: readonly SpoolRecord[];
}

/** How the events of a dead gateway are delivered, in this order. */
export interface ReplayPlan {
  /** Of ordered sources: the runs of one source one after the other. */
  readonly sources: readonly (readonly SpooledRun[])[];
  readonly unordered: readonly AppendRequest[];
  /** Ends of the connections that died with the gateway. */
  readonly ends: readonly AppendRequest[];
}

/** Plans the appends of a spool: under the same sources and sequences, so that the log recognizes duplicates. */
export function planReplay(records: readonly SpoolRecord[]): ReplayPlan {
  const ordered = records.filter(({ mode }) => mode === 'ordered');
  const unordered = records.filter(({ mode }) => mode === 'unordered');
  return {
    sources: groupBy(ordered, ({ source }) => source).map(toRuns),
    unordered: groupBy(unordered, () => '').map(toUnordered),
    ends: groupBy(ordered, connectionOf).flatMap(toEnd),
  };
}

function toRuns(records: readonly SpoolRecord[]): SpooledRun[] {
  // An event that was written twice is one event.
  const bySeq = new Map(records.map((record) => [record.event.sourceSeq ?? 0, record] as const));
  const runs: SpoolRecord[][] = [];
  let lastSeq = Number.NaN;
  for (const [seq, record] of [...bySeq].sort(([a], [b]) => a - b)) {
    if (seq === lastSeq + 1) runs.at(-1)?.push(record);
    else runs.push([record]);
    lastSeq = seq;
  }
  return runs.map((events) => ({ call: callOf(events), source: firstOf(events).source, events }));
}

function toUnordered(records: readonly SpoolRecord[]): AppendRequest {
  return { call: callOf(records), events: records, mode: 'unordered', isAcknowledged: true };
}

/**
 * The id is that of the sweep's event, so that the connection ends once, whichever comes first. A call that is not live
 * any more is left alone: its end was acknowledged before the gateway died, or the sweep came first.
 */
function toEnd(records: readonly SpoolRecord[]): AppendRequest[] {
  if (records.some(endsConnection)) return [];
  const connectionId = connectionOf(firstOf(records));
  const call = callOf(records);
  const atMs = records.reduce((latest, { event }) => Math.max(latest, Date.parse(event.at)), 0);
  const origin = { call, source: 'sweep', atMs, id: `gateway_lost:${connectionId}` };
  const event = createEvent('call.disconnected', { connectionId, reason: 'gateway_lost' }, origin);
  const unseenSinceMs = Number.MAX_SAFE_INTEGER;
  return [{ call, events: [toNewEvent(event, { rememberId: true })], mode: 'unordered', unseenSinceMs }];
}

/** A connection's source may continue under other names, which start with its id and a dot. */
function connectionOf({ source }: EncodedHeader): string {
  return source.split('.', 1)[0] ?? source;
}

function callOf(records: readonly SpoolRecord[]): CallKey {
  const { tenant, callSid } = firstOf(records);
  return { tenant, callSid };
}

function firstOf([first]: readonly SpoolRecord[]): EncodedHeader {
  if (first === undefined) throw new Error('a group of records is never empty');
  return first.event;
}

/** The records of each call by a part of it. */
function groupBy(records: readonly SpoolRecord[], partOf: (event: EncodedHeader) => string): SpoolRecord[][] {
  const groups = new Map<string, SpoolRecord[]>();
  for (const record of records) {
    const key = `${callId(record.event)}/${partOf(record.event)}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [record]);
    else group.push(record);
  }
  return [...groups.values()];
}
