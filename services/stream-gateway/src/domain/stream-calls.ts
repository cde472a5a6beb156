import { type CallKey } from '@turnlog/call-events';

/** Which call a stream belongs to: a Passthru may name the stream alone. */
export interface StreamCalls {
  /** A stream of a call began. That it can't be noted down is no reason to hold the call up. */
  remember(call: CallKey, streamSid: string): void;
  /** The call of a stream of this tenant; undefined where none is known. */
  find(tenant: string, streamSid: string): Promise<string | undefined>;
}
