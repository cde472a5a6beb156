import { encodeEvent, foldCall, initialState, toCallRecord } from '@turnlog/call-events';
import { toRow, type CallRow } from '@turnlog/call-store';
import { type SampleCall } from './sample-call.ts';

/**
 * The persister's data of a call: the values of its row in `call_sessions` and of its segment in the archive.
 */
export interface StoredCall {
  readonly row: Omit<CallRow, 'full_transcript'> & {
    readonly full_transcript: string;
    readonly epoch: string;
  };
  readonly segment: {
    readonly tenant: string;
    readonly call_sid: string;
    readonly epoch: string;
    readonly from_seq: number;
    readonly to_seq: number;
    readonly event_count: number;
    readonly events: string;
  };
}

export function toStoredCall({ call, events }: SampleCall): StoredCall {
  const row = toRow(toCallRecord(events.reduce(foldCall, initialState(call))));
  const epoch = '1795345200000.1';
  return {
    row: { ...row, full_transcript: row.full_transcript.toString(), epoch },
    segment: {
      tenant: call.tenant,
      call_sid: call.callSid,
      epoch,
      from_seq: 1,
      to_seq: events.length,
      event_count: events.length,
      events: `[${events.map(encodeEvent).join(',')}]`,
    },
  };
}
