import { nanoid } from 'nanoid';
import { ENVELOPE_VERSION, type CallKey } from './envelope.ts';
import { type EventData, type EventOf, type EventType } from './call-event.ts';

/** What the producer knows of an event beside its type and data. Without an id it gets a random one. */
export interface EventOrigin {
  readonly call: CallKey;
  readonly source: string;
  readonly sourceSeq?: number;
  /** Unix time in milliseconds. */
  readonly atMs: number;
  readonly id?: string;
  readonly original?: string;
  readonly redactions?: number;
  /** The revision of a report: 1 or more. */
  readonly revision?: number;
  readonly fingerprint?: string;
  /** Of a revision: `atMs` was said, and is not when it came. */
  readonly isTimed?: boolean;
}

/** Wraps data in its envelope. */
export function createEvent<T extends EventType>(
  type: T,
  data: EventData<T>,
  origin: EventOrigin,
): EventOf<T> {
  return {
    v: ENVELOPE_VERSION,
    id: origin.id ?? nanoid(),
    ...(origin.revision !== undefined && { revision: origin.revision }),
    ...(origin.fingerprint !== undefined && { fingerprint: origin.fingerprint }),
    ...(origin.isTimed === true && { isTimed: true as const }),
    type,
    tenant: origin.call.tenant,
    callSid: origin.call.callSid,
    source: origin.source,
    ...(origin.sourceSeq !== undefined && { sourceSeq: origin.sourceSeq }),
    at: new Date(origin.atMs).toISOString(),
    ...(origin.original !== undefined && { original: origin.original }),
    ...(origin.redactions !== undefined && { redactions: origin.redactions }),
    data,
  };
}
