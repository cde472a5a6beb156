/*
 * One call on one of the carrier's sockets, from its first frame to the agent's last word:
 *
 *   waiting ──start──▶ open ──stop, or the socket's end──▶ over ──agent done──▶ finished
 *
 * What a frame means is decided in `domain/translate-frame.ts`; here it is carried out.
 */
import { type CallKey, storableDraft } from '@turnlog/call-events';
import { type ParsedFrame } from '@turnlog/exotel';
import { steadyClock } from '@turnlog/service-kit';
import { type WebSocket } from 'ws';
import { CallAgent } from '../agent/call-agent.ts';
import { roleOf } from '../agent/frame-queue.ts';
import { type Principal } from '../domain/principal.ts';
import { CallGuard } from '../call-guard.ts';
import {
  newConnection,
  type ConnectionState,
  type Ending,
  type LossReason,
  type StartedConnection,
} from '../domain/connection-state.ts';
import { bareEnd, endConnection, stopFrameFor } from '../domain/end-connection.ts';
import { PlaybackMarks, withEvidence } from '../domain/playback-marks.ts';
import { type StreamRequest } from '../domain/stream-request.ts';
import {
  beginWithoutStart,
  isStartOfAnotherCall,
  isWorthRecording,
  translateFrame,
  type Step,
} from '../domain/translate-frame.ts';
import { type CallNeeds } from './call-needs.ts';
import { POLICY_VIOLATION } from './close-codes.ts';
import { ConnectionLog } from './connection-log.ts';
import { openCall, type OpenCall } from './open-call.ts';

export interface CallConnectionOptions {
  readonly carrier: WebSocket;
  readonly request: StreamRequest;
  readonly principal: Principal;
  readonly onFinished: () => void;
}

/** Carries out what the frames of one call mean. */
export class CallConnection {
  readonly connectionId: string;
  readonly #onFinished: () => void;
  readonly #needs: CallNeeds;
  /** A host whose clock is set in mid-call must not turn the call's turns around. */
  readonly #now: () => number;
  readonly #carrier: WebSocket;
  readonly #principal: Principal;
  readonly #agent: CallAgent | undefined;
  readonly #marks = new PlaybackMarks();
  readonly #log: ConnectionLog;
  readonly #guard: CallGuard;
  #state: ConnectionState;
  #call: OpenCall | undefined;
  #isDiscarded = false;
  #isAgentDone: boolean;
  #hangUpReason: LossReason | undefined;
  #isFinished = false;

  /** `onFinished` is called once, when the connection is over and the agent has said its last word. */
  constructor(needs: CallNeeds, { carrier, request, principal, onFinished }: CallConnectionOptions) {
    this.#needs = needs;
    this.#now = steadyClock(needs.now);
    this.#carrier = carrier;
    this.#principal = principal;
    this.#onFinished = onFinished;
    this.connectionId = needs.newId();
    this.#log = new ConnectionLog(needs, this.connectionId);
    this.#guard = new CallGuard(needs.logger, (error, entry) => this.fail(error, entry));
    this.#state = newConnection(this.connectionId, request);
    this.#agent = this.#createAgent();
    this.#isAgentDone = this.#agent === undefined;
  }

  get isOver(): boolean {
    return this.#isDiscarded || this.#state.phase === 'over';
  }

  /** The call, while it is going on. */
  get openCall(): CallKey | undefined {
    return this.#state.phase === 'open' ? this.#call?.producer.call : undefined;
  }

  /** Why the connection is over, should it close now. */
  get lossReason(): LossReason {
    return this.#hangUpReason ?? 'socket_closed';
  }

  get pendingBytes(): number {
    return this.#call?.producer.pendingBytes ?? 0;
  }

  /** Whether the frame begins another call, for which there has to be another session. */
  isSupersededBy(frame: ParsedFrame): boolean {
    return isStartOfAnotherCall(this.#state, frame);
  }

  /** Takes one frame of the carrier. */
  receive(frame: ParsedFrame, data: Buffer, isBinary: boolean): void {
    this.#agent?.forward({ data, isBinary, role: roleOf(frame) });
    const nowMs = this.#now();
    this.#apply(translateFrame(this.#state, frame, nowMs), nowMs, () => data.toString('base64'));
  }

  /** The connection is over. The first ending counts, later ones do nothing. */
  end(ending: Ending): void {
    if (this.isOver) return;
    const nowMs = this.#now();
    if (this.#state.phase === 'waiting') this.#beginLate(nowMs);
    if (this.#call !== undefined) this.#endOpen(this.#call, ending, nowMs);
  }

  /** The gateway has failed at this call: it ends, and its record says so. */
  fail(error: unknown, entry: string): void {
    const hasEnded = this.isOver;
    this.#log.failed(error, entry);
    try {
      this.end({ kind: 'lost', reason: 'internal_error' });
    } catch (again) {
      this.#log.failed(again, 'end');
      // All that is left to say is that it is over.
      this.#endBare();
    }
    // A socket that goes on with another call is not this call's to close.
    if (!hasEnded) this.#carrier.terminate();
    this.closeAgent();
  }

  /** Writes audio that has waited for long enough. */
  flushDueAudio(): void {
    this.#call?.recorder.flushDue(this.#now());
  }

  /** Lets go of the agent now, without waiting for its last reports. */
  closeAgent(): void {
    this.#guard.run('agent.close', () => this.#agent?.close());
  }

  #apply(step: Step, nowMs: number, rawBase64: () => string): void {
    if (step.state !== this.#state) this.#enter(step.state);
    if (this.#call === undefined) {
      if (step.notice !== undefined) this.#log.note(step.notice);
      if (step.ending !== undefined) this.end(step.ending);
      return;
    }
    for (const draft of step.events) {
      this.#call.producer.add(
        storableDraft(this.#agent ? withEvidence(draft, this.#marks) : draft, rawBase64),
      );
    }
    if (step.events.length > 0) {
      this.#agent?.dial({ ...this.#call, marks: this.#marks, carrier: this.#carrier });
    }
    for (const { frame, atMs } of step.released) {
      const frameBase64 = (): string => Buffer.from(JSON.stringify(frame)).toString('base64');
      this.#apply(translateFrame(this.#state, frame, atMs), atMs, frameBase64);
    }
    if (step.audio !== undefined) this.#call.recorder.addFrame(step.audio, nowMs);
    if (step.notice !== undefined) this.#log.note(step.notice);
    if (step.ending !== undefined) this.end(step.ending);
  }

  #enter(state: ConnectionState): void {
    this.#state = state;
    if (state.phase !== 'open' || this.#call !== undefined || this.#isDiscarded) return;
    if (!this.#mayStream(state)) {
      this.#discard();
      this.#carrier.close(POLICY_VIOLATION, 'this token is for another call');
      return;
    }
    this.#call = openCall(this.#needs, this.#principal, state, this.#guard);
    this.#log.started(state);
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
    this.#log.refused(this.#principal);
    return false;
  }

  #endOpen({ producer, recorder }: OpenCall, ending: Ending, nowMs: number): void {
    if (this.#state.phase !== 'open') return;
    recorder.finish();
    const facts = { audio: recorder.summary(), unheardMarks: this.#marks.cleared(), nowMs };
    const { state, events } = endConnection(this.#state, ending, facts);
    for (const draft of events) producer.add(storableDraft(draft, () => ''));
    this.#state = state;
    this.#log.ended(ending);
    if (ending.kind === 'lost') this.#agent?.forward(stopFrameFor(state, ending.reason));
    this.#agent?.finish();
    this.#finishIfDone();
  }

  #endBare(): void {
    if (this.#state.phase === 'open') {
      this.#state = { ...this.#state, phase: 'over' };
      this.#call?.producer.add(bareEnd(this.connectionId, 'internal_error', this.#now()));
    } else this.#isDiscarded = true;
    this.#finishIfDone();
  }

  #createAgent(): CallAgent | undefined {
    const { agent } = this.#needs;
    if (agent === undefined) return undefined;
    const onDone = (): void => {
      this.#isAgentDone = true;
      this.#finishIfDone();
    };
    return new CallAgent(agent, {
      onHangUp: (reason) => this.#hangUp(reason),
      onDone,
      guard: this.#guard,
      now: this.#now,
    });
  }

  /** Closing the carrier's socket is the only way to end a call from here. */
  #hangUp(reason: LossReason): void {
    if (this.isOver) return;
    this.#hangUpReason = reason;
    this.#carrier.close(1000);
  }

  #finishIfDone(): void {
    if (this.#isFinished || !this.isOver || !this.#isAgentDone) return;
    this.#isFinished = true;
    if (this.#call !== undefined) this.#needs.retention.close(this.#call.producer, this.#now());
    this.#onFinished();
  }
}
