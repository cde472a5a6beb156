import { nanoid } from 'nanoid';
import { ENVELOPE_VERSION, type CallKey } from './envelope.ts';
import { type EventData, type EventHeader, type EventOf, type EventType } from './call-event.ts';

type KnownFields = 'id' | 'sourceSeq' | 'revision' | 'fingerprint' | 'original' | 'redactions';

/** What the producer knows of an event beside its type and data. Without an id it gets a random one. */
export interface EventOrigin extends Readonly<Partial<Pick<EventHeader, KnownFields>>> {
  readonly call: CallKey;
  readonly source: string;
  /** Unix time in milliseconds. */
  readonly atMs: number;
  /** Of a revision: `atMs` was reported, and is not when the revision came. */
  readonly isTimed?: boolean;
}

/** Wraps data in its envelope. */
export function createEvent<T extends EventType>(
  type: T,
  data: EventData<T>,
  origin: EventOrigin,
): EventOf<T> {
  const { call, source, sourceSeq, atMs, isTimed, revision, fingerprint, original, redactions } = origin;
  return {
    v: ENVELOPE_VERSION,
    id: origin.id ?? nanoid(),
    revision,
    fingerprint,
    isTimed: isTimed === true ? true : undefined,
    type,
    tenant: call.tenant,
    callSid: call.callSid,
    source,
    sourceSeq,
    at: new Date(atMs).toISOString(),
    original,
    redactions,
    data,
  };
}
