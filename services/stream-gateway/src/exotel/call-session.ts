/*
 * One call on one of the carrier's sockets, from its first frame to the agent's last word:
 *
 *   waiting ──start──▶ open ──stop, or the socket's end──▶ over ──agent done──▶ finished
 *
 * What a frame means is decided in `domain/translate-frame.ts`; here it is carried out: events go to the producer, audio
 * to the recorder, the frame itself to the agent.
 */
import { type CallKey } from '@turnlog/call-events';
import { type MediaFrame, type ParsedFrame } from '@turnlog/exotel';
import { steadyClock } from '@turnlog/service-kit';
import { type WebSocket } from 'ws';
import { CallAgent } from '../agent/call-agent.ts';
import { type RawFrame } from '../agent/frame-queue.ts';
import { type Principal } from '../auth/principal.ts';
import { AudioRecorder } from '../audio/audio-recorder.ts';
import {
  newConnection,
  type ConnectionState,
  type Ending,
  type LossReason,
  type StartedConnection,
} from '../domain/connection-state.ts';
import { endConnection } from '../domain/end-connection.ts';
import { storableDraft, type EventDraft } from '../domain/event-draft.ts';
import { KNOWN_EVENTS, KNOWN_STOP_REASONS, loggableWord } from '../domain/loggable-word.ts';
import { PlaybackMarks } from '../domain/playback-marks.ts';
import { stopFrameFor } from '../domain/stop-frame.ts';
import { type StreamRequest } from '../domain/stream-request.ts';
import {
  beginWithoutStart,
  isStartOfAnotherCall,
  isWorthRecording,
  translateFrame,
  type Notice,
  type Step,
} from '../domain/translate-frame.ts';
import { type GatewayContext } from '../gateway-context.ts';
import { count } from '../gateway-tally.ts';
import { EventProducer } from '../producer/event-producer.ts';

/** The most kinds of unknown events that are logged for one connection. */
const MAX_LOGGED_KINDS = 16;

/** Source: RFC 6455, section 7.4. */
const POLICY_VIOLATION = 1008;

/** What exists once the call is known. */
interface OpenParts {
  readonly connection: StartedConnection;
  readonly producer: EventProducer;
  readonly recorder: AudioRecorder;
}

export interface CallSessionOptions {
  readonly carrier: WebSocket;
  readonly request: StreamRequest;
  readonly principal: Principal;
  readonly onFinished: () => void;
}

/** Carries out what the frames of one call mean. */
export class CallSession {
  readonly connectionId: string;
  readonly #onFinished: () => void;
  readonly #context: GatewayContext;
  readonly #carrier: WebSocket;
  readonly #principal: Principal;
  readonly #agent: CallAgent | undefined;
  readonly #marks = new PlaybackMarks();
  #state: ConnectionState;
  #parts: OpenParts | undefined;
  #isDiscarded = false;
  #isAgentDone: boolean;
  #hangUpReason: LossReason | undefined;
  #loggedKinds: Set<string> | undefined;
  #isFinished = false;

  /** `onFinished` is called once, when the connection is over and the agent has said its last word. */
  constructor(context: GatewayContext, { carrier, request, principal, onFinished }: CallSessionOptions) {
    // A host whose clock is set in mid-call must not turn the call's turns around.
    this.#context = { ...context, now: steadyClock(context.now) };
    this.#carrier = carrier;
    this.#principal = principal;
    this.#onFinished = onFinished;
    this.connectionId = context.newId();
    this.#state = newConnection(this.connectionId, request);
    this.#agent = this.#createAgent();
    this.#isAgentDone = this.#agent === undefined;
  }

  get isOver(): boolean {
    return this.#isDiscarded || this.#state.phase === 'over';
  }

  /** The call, while it is going on. */
  get openCall(): CallKey | undefined {
    return this.#state.phase === 'open' ? this.#parts?.producer.call : undefined;
  }

  /** Why the connection is over, should it close now. */
  get lossReason(): LossReason {
    return this.#hangUpReason ?? 'socket_closed';
  }

  /** Whether the frame begins another call, for which there has to be another session. */
  isSupersededBy(frame: ParsedFrame): boolean {
    return isStartOfAnotherCall(this.#state, frame);
  }

  /** Takes one frame of the carrier. */
  receive(frame: ParsedFrame, data: Buffer, isBinary: boolean): void {
    this.#agent?.forward({ data, isBinary, role: roleOf(frame) });
    const nowMs = this.#context.now();
    this.#apply(translateFrame(this.#state, frame, nowMs), nowMs, () => data.toString('base64'));
  }

  /** The connection is over. The first ending counts, later ones do nothing. */
  end(ending: Ending): void {
    if (this.isOver) return;
    const nowMs = this.#context.now();
    if (this.#state.phase === 'waiting') this.#beginLate(nowMs);
    if (this.#parts !== undefined) this.#endOpen(this.#parts, ending, nowMs);
  }

  /** Writes audio that has waited for long enough. */
  flushDueAudio(): void {
    this.#parts?.recorder.flushDue(this.#context.now());
  }

  /** Lets go of the agent now, without waiting for its last reports. */
  closeAgent(): void {
    this.#agent?.close();
  }

  #apply(step: Step, nowMs: number, rawBase64: () => string): void {
    if (step.state !== this.#state) this.#enter(step.state);
    if (this.#parts === undefined) {
      if (step.notice !== undefined) this.#note(step.notice);
      if (step.ending !== undefined) this.end(step.ending);
      return;
    }
    for (const draft of step.events) {
      this.#parts.producer.add(storableDraft(this.#withEvidence(draft), rawBase64));
    }
    for (const { frame, atMs } of step.released) {
      const frameBase64 = (): string => Buffer.from(JSON.stringify(frame)).toString('base64');
      this.#apply(translateFrame(this.#state, frame, atMs), atMs, frameBase64);
    }
    if (step.audio !== undefined) record(this.#parts.recorder, step.audio, nowMs);
    if (step.notice !== undefined) this.#note(step.notice);
    if (step.ending !== undefined) this.end(step.ending);
  }

  /** A mark that came back tells that its audio was played, or that it was not. */
  #withEvidence(draft: EventDraft): EventDraft {
    if (draft.type !== 'mark.played' || this.#agent === undefined) return draft;
    const isHeard = this.#marks.returned(draft.data.name);
    return isHeard ? draft : { ...draft, data: { ...draft.data, heard: false } };
  }

  #enter(state: ConnectionState): void {
    this.#state = state;
    if (state.phase !== 'open' || this.#parts !== undefined || this.#isDiscarded) return;
    if (!this.#mayStream(state)) {
      this.#discard();
      this.#carrier.close(POLICY_VIOLATION, 'this token is for another call');
      return;
    }
    this.#parts = this.#open(state);
    this.#agent?.dial({ ...this.#parts, marks: this.#marks, carrier: this.#carrier });
  }

  #open(connection: StartedConnection): OpenParts {
    const { logger, tally, appender, retention, audio } = this.#context;
    const { producerLimits, producerObserver, producerSpool } = this.#context;
    const { connectionId, callSid, streamSid, sampleRate, request, isUnidentified } = connection;
    const call = { tenant: this.#principal.tenant, callSid };
    const producer = new EventProducer({
      call,
      source: connectionId,
      appender,
      limits: producerLimits,
      observer: producerObserver,
      spool: producerSpool,
    });
    retention.add(producer);
    const fields = { call_sid: callSid, connection_id: connectionId, stream_sid: streamSid };
    if (isUnidentified) {
      tally.unidentifiedCalls += 1;
      logger.warn(fields, 'no frame says which call this is: recorded under the id of the connection');
    }
    logger.info({ ...fields, applet: request.applet, sample_rate: sampleRate }, 'call started');
    return { connection, producer, recorder: new AudioRecorder({ call, connection, ...audio, tally }) };
  }

  /** The connection ends and no `start` ever came. */
  #beginLate(nowMs: number): void {
    if (this.#state.phase !== 'waiting') return;
    if (isWorthRecording(this.#state)) {
      this.#apply(beginWithoutStart(this.#state, nowMs), nowMs, () => '');
      return;
    }
    this.#discard();
  }

  /** Nothing of this session is recorded. */
  #discard(): void {
    this.#isDiscarded = true;
    this.#agent?.close();
    this.#finishIfDone();
  }

  /** Who was let in for one call may not stream another, whatever the frames say. */
  #mayStream({ callSid }: StartedConnection): boolean {
    const allowed = this.#principal.callSid;
    if (allowed === undefined || allowed === callSid) return true;
    this.#context.logger.warn(
      { call_sid: allowed, connection_id: this.connectionId, tenant: this.#principal.tenant },
      'a token was used for another call than its own: refused',
    );
    return false;
  }

  #endOpen({ producer, recorder }: OpenParts, ending: Ending, nowMs: number): void {
    if (this.#state.phase !== 'open') return;
    recorder.finish();
    const facts = { audio: recorder.summary(), unheardMarks: this.#marks.cleared(), nowMs };
    const { state, events } = endConnection(this.#state, ending, facts);
    this.#state = state;
    for (const draft of events) producer.add(storableDraft(draft, () => ''));
    this.#logEnd(state, ending);
    if (ending.kind === 'lost') this.#agent?.forward(stopFrameFor(state, ending.reason));
    this.#agent?.finish();
    this.#finishIfDone();
  }

  #logEnd({ callSid }: StartedConnection, ending: Ending): void {
    const { logger, tally } = this.#context;
    const reason =
      ending.kind === 'stopped' ? loggableWord(ending.reason, KNOWN_STOP_REASONS) : ending.reason;
    const fields = { call_sid: callSid, connection_id: this.connectionId, reason };
    count(tally.endings, ending.kind === 'stopped' ? 'stopped' : ending.reason);
    if (ending.kind === 'stopped') logger.info(fields, 'Call stopped');
    else logger.info({ ...fields, close_code: ending.closeCode }, 'call disconnected');
  }

  #createAgent(): CallAgent | undefined {
    const settings = this.#context.agent;
    if (settings === undefined) return undefined;
    return new CallAgent(this.#context, settings, {
      onHangUp: (reason) => this.#hangUp(reason),
      onDone: () => {
        this.#isAgentDone = true;
        this.#finishIfDone();
      },
    });
  }

  /** Closing the carrier's socket is the only way to end a call from here. */
  #hangUp(reason: LossReason): void {
    if (this.isOver) return;
    this.#hangUpReason = reason;
    this.#carrier.close(1000);
  }

  #note(notice: Notice): void {
    const { tally } = this.#context;
    if (notice.kind === 'unknown_frame') {
      tally.unknownFrames += 1;
      this.#logOnce(loggableWord(notice.event, KNOWN_EVENTS), 'unknown event from the carrier');
    } else if (notice.kind === 'invalid_frame') {
      count(tally.invalidFrames, notice.reason);
      this.#logOnce(notice.reason, 'invalid frame from the carrier');
    } else {
      this.#logOnce(notice.kind, 'unexpected frame from the carrier');
    }
  }

  #logOnce(kind: string, message: string): void {
    const kinds = (this.#loggedKinds ??= new Set());
    if (kinds.has(kind) || kinds.size >= MAX_LOGGED_KINDS) return;
    kinds.add(kind);
    const callSid = this.#parts?.producer.call.callSid;
    this.#context.logger.warn({ call_sid: callSid, connection_id: this.connectionId, kind }, message);
  }

  #finishIfDone(): void {
    if (this.#isFinished || !this.isOver || !this.#isAgentDone) return;
    this.#isFinished = true;
    const { retention, now } = this.#context;
    if (this.#parts !== undefined) retention.close(this.#parts.producer, now());
    this.#onFinished();
  }
}

function record(recorder: AudioRecorder, { track, payload, byteLength }: MediaFrame, nowMs: number): void {
  recorder.add(track === 'outbound' ? 'outbound' : 'inbound', payload, byteLength, nowMs);
}

function roleOf({ kind }: ParsedFrame): RawFrame['role'] {
  if (kind === 'media') return 'media';
  return kind === 'connected' || kind === 'start' ? 'opening' : 'other';
}
