import { createHash } from 'node:crypto';
import {
  createEvent,
  toStorable,
  type CallKey,
  type EventData,
  type EventType,
  type JsonValue,
  type KnownEvent,
} from '@turnlog/call-events';
import { type CarrierReport } from '../callbacks/carrier-report.ts';

/**
 * The source of a report. It contains no replica: each replica makes the same event of a report. Reports of
 * the same second are ordered alphabetically, so that an answer of the carrier comes after a callback.
 */
export type CarrierSource = 'exotel:passthru' | 'exotel:status' | 'reconciler' | 'placement';

/** The context of a report. */
export interface ReportOrigin {
  readonly call: CallKey;
  readonly source: CarrierSource;
  /** When it was received, Unix ms: the time of the events if the report has none. */
  readonly receivedAtMs: number;
  /** It is the carrier's answer to a question. */
  readonly isConfirmed?: boolean;
  /** The original message, for a text that cannot be stored. */
  readonly message?: Buffer;
}

/** The carrier's clock may be ahead of ours by its zone, not by more. */
const MAX_AHEAD_MS = 24 * 3_600_000;
const ID_CHARACTERS = 32;

/**
 * The events of a report: its status, and its recording as an event of its own. Their ids follow from the
 * call, the type and the fields, so that a repeat changes nothing, whichever replica receives it.
 */
export function toCarrierEvents(report: CarrierReport, origin: ReportOrigin): KnownEvent[] {
  const reportedAtMs = Date.parse(report.reportedAt ?? '');
  const isPlausible = reportedAtMs <= origin.receivedAtMs + MAX_AHEAD_MS;
  const atMs = isPlausible ? reportedAtMs : origin.receivedAtMs;
  const place = { ...origin, atMs, contentTime: report.reportedAt };
  const status = placeEvent('call.status_reported', statusOf(report, origin), place);
  if (report.recordingUrl === undefined) return [status];
  return [status, placeEvent('recording.available', { url: report.recordingUrl }, place)];
}

function statusOf(
  { callSid: _, reportedAt: __, recordingUrl: ___, raw, ...told }: CarrierReport,
  { isConfirmed = false }: ReportOrigin,
): EventData<'call.status_reported'> {
  const sorted = Object.entries(raw).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    ...told,
    ...(isConfirmed && { confirmed: true }),
    ...(sorted.length > 0 && { raw: Object.fromEntries(sorted) }),
  };
}

interface Place extends ReportOrigin {
  readonly atMs: number;
  readonly contentTime: string | undefined;
}

function placeEvent<T extends EventType>(
  type: T,
  data: EventData<T>,
  { call, source, atMs, contentTime, message }: Place,
): KnownEvent {
  const storable = toStorable(data as JsonValue);
  const isChanged = storable !== undefined && storable.changedStrings > 0;
  const content = JSON.stringify([call.tenant, call.callSid, type, contentTime ?? null, data]);
  const digest = createHash('sha256').update(content).digest('hex').slice(0, ID_CHARACTERS);
  return createEvent(type, (storable?.value ?? data) as EventData<T>, {
    call,
    source,
    atMs,
    id: `${source}:${digest}`,
    ...(isChanged && message !== undefined && { original: message.toString('base64') }),
  }) as KnownEvent;
}
