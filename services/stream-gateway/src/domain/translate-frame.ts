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

/** Something that deserves a line in the log and a count, and is no event of the call. */
export type Notice =
  | { readonly kind: 'unknown_frame'; readonly event: string }
  | { readonly kind: 'invalid_frame'; readonly reason: string }
  | { readonly kind: 'second_start' }
  /** The audio is announced in an encoding that is not known, and taken for 16-bit PCM. */
  | { readonly kind: 'unknown_encoding' }
  | { readonly kind: 'frame_after_end' };

/** What one frame leads to, in this order. */
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

/** Translates one frame of the carrier. Pure; an audio frame of an open connection costs one small object. */
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
      return {
        state,
        events: NOTHING.events,
        released: NOTHING.released,
        audio: frame,
        ending: undefined,
        notice: undefined,
      };
    case 'dtmf': {
      const { digit, durationMs } = frame;
      const data = { digit, ...(durationMs !== undefined && { durationMs }) };
      return { ...NOTHING, state, events: [{ type: 'dtmf.pressed', data, atMs: nowMs }] };
    }
    case 'mark':
      return {
        ...NOTHING,
        state,
        events: [{ type: 'mark.played', data: { name: frame.name }, atMs: nowMs }],
      };
    case 'start':
      // The fold keeps the first one; the log keeps both.
      return { ...NOTHING, state, events: startedBy(state, frame, nowMs), notice: { kind: 'second_start' } };
    case 'stop':
      return { ...NOTHING, state, ending: endingOf(frame) };
  }
}

function whileWaiting(state: WaitingConnection, frame: CallFrame, nowMs: number): Step {
  if (frame.kind === 'start') return begin(state, frame, nowMs);
  if (frame.kind === 'stop') {
    if (frame.callSid === undefined && !isWorthRecording(state))
      return { ...NOTHING, state, ending: endingOf(frame) };
    return { ...begin(state, idsOf(frame), nowMs), ending: endingOf(frame) };
  }
  const held = [...state.held, { frame, atMs: nowMs }];
  const waiting: WaitingConnection = { ...state, held };
  // A start that is so late is not coming. What is known by now has to do.
  return isFull(held) ? begin(waiting, NO_IDS, nowMs) : { ...NOTHING, state: waiting };
}

/** Opens a connection whose `start` never came with what is known of it, so that its end can be recorded. */
export function beginWithoutStart(state: WaitingConnection, nowMs: number): Step {
  return begin(state, NO_IDS, nowMs);
}

/** Whether a connection without `start` is a call at all, rather than a probe of the socket. */
export function isWorthRecording({ held, request }: WaitingConnection): boolean {
  return held.length > 0 || request.callSid !== undefined;
}

/** Whether this `start` begins another call than the one that the connection carries. */
export function isStartOfAnotherCall(state: ConnectionState, frame: ParsedFrame): boolean {
  if (frame.kind !== 'start' || state.phase === 'waiting') return false;
  return state.phase === 'over' || (validCallSid(frame.callSid) ?? state.callSid) !== state.callSid;
}

/** What a `start` may tell; all of it may be missing. */
type StartFacts = Pick<StartFrame, 'callSid' | 'streamSid' | 'accountSid' | 'from' | 'to'> &
  Partial<Pick<StartFrame, 'customParameters' | 'mediaFormat'>>;

const NO_IDS: StartFacts = {
  callSid: undefined,
  streamSid: undefined,
  accountSid: undefined,
  from: undefined,
  to: undefined,
};

function idsOf({ callSid, streamSid, accountSid }: StopFrame): StartFacts {
  return { ...NO_IDS, callSid, streamSid, accountSid };
}

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
  return { ...NOTHING, state, events: startedBy(state, start, startedAtMs), released: held, notice };
}

function startedBy(state: StartedConnection, start: StartFacts, atMs: number): readonly EventDraft[] {
  const { connectionId, request, sampleRate } = state;
  const parameters = callParametersOf(request, start.customParameters);
  const { accountSid, from = request.from, to = request.to } = start;
  const streamSid = start.streamSid ?? state.streamSid;
  const encoding = start.mediaFormat?.encoding;
  return [
    {
      type: 'call.started',
      atMs,
      data: {
        connectionId,
        applet: request.applet,
        sampleRate,
        customParameters: { ...parameters },
        ...(encoding !== undefined && { encoding }),
        ...(streamSid !== undefined && { streamSid }),
        ...(accountSid !== undefined && { accountSid }),
        ...(from !== undefined && { from }),
        ...(to !== undefined && { to }),
      },
    },
  ];
}

// Exotel's own words are `stopped` and `callended`; a bare `stop` says no more than its event.
function endingOf({ event, reason }: StopFrame): Ending {
  return { kind: 'stopped', reason: reason ?? (event === 'closed' ? 'closed' : 'stopped') };
}

function isFull(held: readonly HeldFrame[]): boolean {
  if (held.length >= MAX_HELD_FRAMES) return true;
  return held.reduce((sum, { frame }) => sum + charactersOf(frame), 0) > MAX_HELD_CHARACTERS;
}

function charactersOf(frame: ParsedFrame): number {
  return frame.kind === 'media' ? frame.payload.length : 0;
}

function streamSidOf(held: readonly HeldFrame[]): string | undefined {
  for (const { frame } of held) {
    if (frame.kind !== 'invalid' && frame.streamSid !== undefined) return frame.streamSid;
  }
  return undefined;
}
