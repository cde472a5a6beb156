import { callId, createEvent, endsConnection, type CallKey, type EncodedHeader } from '@turnlog/call-events';
import { toNewEvent, type AppendRequest } from '@turnlog/call-log';
import { type SpoolRecord } from '@turnlog/spool';

/** Consecutive events of one source. */
export interface SpooledRun {
  readonly call: CallKey;
  readonly source: string;
  readonly events: readonly SpoolRecord[];
}

/** What is to be done about the events of a gateway that died, in this order. */
export interface ReplayPlan {
  /** Of ordered sources: the runs of one source one after the other. */
  readonly sources: readonly (readonly SpooledRun[])[];
  readonly unordered: readonly AppendRequest[];
  /** Ends of the connections that died with it. */
  readonly ends: readonly AppendRequest[];
}

/** Plans how leftover records are appended: under the same sources and numbers, so that nothing doubles. */
export function planReplay(records: readonly SpoolRecord[]): ReplayPlan {
  const ordered = groupBy(
    records.filter(({ mode }) => mode === 'ordered'),
    ({ event }) => `${callId(event)}/${event.source}`,
  );
  const unordered = records.filter(({ mode }) => mode === 'unordered');
  return {
    sources: ordered.map(toRuns),
    unordered: groupBy(unordered, ({ event }) => callId(event)).map(toUnordered),
    ends: groupBy(
      records.filter(({ mode }) => mode === 'ordered'),
      connectionKey,
    ).flatMap(toEnd),
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
 * The id is the sweep's, so that the connection ends once, whoever is first; and a call that is not live any more (its
 * end was acknowledged before the gateway died, or the sweep came first) is left alone.
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

/** A connection's source may go on under other names, which begin with its id and a dot. */
function connectionOf({ source }: EncodedHeader): string {
  return source.split('.', 1)[0] ?? source;
}

function connectionKey({ event }: SpoolRecord): string {
  return `${callId(event)}/${connectionOf(event)}`;
}

function callOf(records: readonly SpoolRecord[]): CallKey {
  const { tenant, callSid } = firstOf(records);
  return { tenant, callSid };
}

function firstOf([first]: readonly SpoolRecord[]): EncodedHeader {
  if (first === undefined) throw new Error('a group of records is never empty');
  return first.event;
}

function groupBy(records: readonly SpoolRecord[], keyOf: (record: SpoolRecord) => string): SpoolRecord[][] {
  const groups = new Map<string, SpoolRecord[]>();
  for (const record of records) {
    const key = keyOf(record);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [record]);
    else group.push(record);
  }
  return [...groups.values()];
}
