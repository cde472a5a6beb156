import {
  chooseSampleRate,
  codecOf,
  type MediaFrame,
  type ParsedFrame,
  type StartFrame,
  type StopFrame,
} from '@turnlog/exotel';
import {
  type ConnectionState,
  type Ending,
  type HeldFrame,
  type StartedConnection,
  type WaitingConnection,
} from './connection-state.ts';
import { type EventDraft } from '@turnlog/call-events';
import { callParametersOf, validCallSid } from './stream-request.ts';

/** The most frames that wait for `start`, and the most base64 in them: some seconds of audio. */
const MAX_HELD_FRAMES = 100;
const MAX_HELD_CHARACTERS = 1024 * 1024;

/** What is logged and counted, and is not an event of the call. */
export type Notice =
  | { readonly kind: 'unknown_frame'; readonly event: string }
  | { readonly kind: 'invalid_frame'; readonly reason: string }
  | { readonly kind: 'second_start' | 'unknown_encoding' | 'frame_after_end' };

/** The results of one frame, in this order. */
export interface Step {
  readonly state: ConnectionState;
  readonly events: readonly EventDraft[];
  /** Frames that were held and can be translated now. */
  readonly released: readonly HeldFrame[];
  readonly audio: MediaFrame | undefined;
  readonly ending: Ending | undefined;
  readonly notice: Notice | undefined;
}

const NOTHING: Omit<Step, 'state'> = {
  events: [],
  released: [],
  audio: undefined,
  ending: undefined,
  notice: undefined,
};

/** Translates one frame of the carrier. */
export function translateFrame(state: ConnectionState, frame: ParsedFrame, nowMs: number): Step {
  if (frame.kind === 'unknown') {
    return { ...NOTHING, state, notice: { kind: 'unknown_frame', event: frame.event } };
  }
  if (frame.kind === 'invalid') {
    return { ...NOTHING, state, notice: { kind: 'invalid_frame', reason: frame.reason } };
  }
  if (frame.kind === 'connected' || frame.kind === 'clear') return { ...NOTHING, state };
  if (state.phase === 'waiting') return whileWaiting(state, frame, nowMs);
  if (state.phase === 'over') return { ...NOTHING, state, notice: { kind: 'frame_after_end' } };
  return whileOpen(state, frame, nowMs);
}

type CallFrame = Exclude<ParsedFrame, { kind: 'unknown' | 'invalid' | 'connected' | 'clear' }>;

function whileOpen(state: StartedConnection, frame: CallFrame, nowMs: number): Step {
  switch (frame.kind) {
    case 'media':
      return { ...NOTHING, state, audio: frame };
    case 'dtmf': {
      const { digit, durationMs } = frame;
      const data = { digit, ...(durationMs !== undefined && { durationMs }) };
      return step(state, { type: 'dtmf.pressed', data, atMs: nowMs });
    }
    case 'mark':
      return step(state, { type: 'mark.played', data: { name: frame.name }, atMs: nowMs });
    case 'start':
      // The fold keeps the first one; the log keeps both.
      return { ...step(state, startedBy(state, frame, nowMs)), notice: { kind: 'second_start' } };
    case 'stop':
      return { ...NOTHING, state, ending: endingOf(frame) };
  }
}

function whileWaiting(state: WaitingConnection, frame: CallFrame, nowMs: number): Step {
  if (frame.kind === 'start') return begin(state, frame, nowMs);
  if (frame.kind === 'stop') {
    if (frame.callSid === undefined && !isWorthRecording(state))
      return { ...NOTHING, state, ending: endingOf(frame) };
    return { ...begin(state, frame, nowMs), ending: endingOf(frame) };
  }
  const held = [...state.held, { frame, atMs: nowMs }];
  const waiting: WaitingConnection = { ...state, held };
  // No start will arrive: the facts that are known have to suffice.
  return isFull(held) ? begin(waiting, {}, nowMs) : { ...NOTHING, state: waiting };
}

/** Opens a connection that ends without a `start`, so that its end can be recorded. */
export function beginWithoutStart(state: WaitingConnection, nowMs: number): Step {
  return begin(state, {}, nowMs);
}

/** Whether a connection without `start` is a call, rather than a probe of the socket. */
export function isWorthRecording({ held, request }: WaitingConnection): boolean {
  return held.length > 0 || request.callSid !== undefined;
}

/** Whether this frame starts another call than the one of the connection. */
export function isStartOfAnotherCall(state: ConnectionState, frame: ParsedFrame): boolean {
  if (frame.kind !== 'start' || state.phase === 'waiting') return false;
  return state.phase === 'over' || (validCallSid(frame.callSid) ?? state.callSid) !== state.callSid;
}

/** The fields of a `start`, any of which may be missing. */
type StartFacts = Partial<
  Pick<
    StartFrame,
    'callSid' | 'streamSid' | 'accountSid' | 'from' | 'to' | 'customParameters' | 'mediaFormat'
  >
>;

function begin({ connectionId, request, held }: WaitingConnection, start: StartFacts, nowMs: number): Step {
  const known = validCallSid(start.callSid) ?? request.callSid;
  const startedAtMs = held[0]?.atMs ?? nowMs;
  const codec = codecOf(start.mediaFormat?.encoding);
  const state: StartedConnection = {
    phase: 'open',
    connectionId,
    request,
    callSid: known ?? `unidentified-${connectionId}`,
    isUnidentified: known === undefined,
    streamSid: start.streamSid ?? streamSidOf(held),
    accountSid: start.accountSid,
    from: start.from ?? request.from,
    to: start.to ?? request.to,
    parameters: callParametersOf(request, start.customParameters),
    sampleRate: chooseSampleRate({
      startRate: start.mediaFormat?.sampleRate,
      url: request.url,
      customParameters: start.customParameters,
    }),
    encoding: start.mediaFormat?.encoding,
    codec: codec ?? 'pcm16',
    startedAtMs,
  };
  const notice: Notice | undefined = codec === undefined ? { kind: 'unknown_encoding' } : undefined;
  return { ...step(state, startedBy(state, start, startedAtMs)), released: held, notice };
}

function step(state: ConnectionState, event: EventDraft): Step {
  return { ...NOTHING, state, events: [event] };
}

function startedBy(state: StartedConnection, start: StartFacts, atMs: number): EventDraft {
  const { connectionId, request, sampleRate } = state;
  const { accountSid, from = request.from, to = request.to } = start;
  const streamSid = start.streamSid ?? state.streamSid;
  const encoding = start.mediaFormat?.encoding;
  const data = {
    connectionId,
    applet: request.applet,
    sampleRate,
    customParameters: callParametersOf(request, start.customParameters),
    ...(encoding !== undefined && { encoding }),
    ...(streamSid !== undefined && { streamSid }),
    ...(accountSid !== undefined && { accountSid }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
  };
  return { type: 'call.started', atMs, data };
}

// Exotel's own reasons are `stopped` and `callended`; a bare `stop` has none.
function endingOf({ event, reason }: StopFrame): Ending {
  return { kind: 'stopped', reason: reason ?? (event === 'closed' ? 'closed' : 'stopped') };
}

function isFull(held: readonly HeldFrame[]): boolean {
  if (held.length >= MAX_HELD_FRAMES) return true;
  const lengths = held.map(({ frame }) => (frame.kind === 'media' ? frame.payload.length : 0));
  return lengths.reduce((sum, length) => sum + length, 0) > MAX_HELD_CHARACTERS;
}

function streamSidOf(held: readonly HeldFrame[]): string | undefined {
  for (const { frame } of held) {
    if (frame.kind !== 'invalid' && frame.streamSid !== undefined) return frame.streamSid;
  }
  return undefined;
}
