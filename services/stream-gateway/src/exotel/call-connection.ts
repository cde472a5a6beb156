/*
 * One call on one socket of the carrier, from its first frame to the agent's last report:
 *
 *   waiting ──start──▶ open ──stop, or the socket's end──▶ over ──agent done──▶ finished
 *
 * `domain/translate-frame.ts` decides what a frame means; this file carries it out.
 */
import { storableDraft, type CallKey } from '@turnlog/call-events';
import { type ParsedFrame } from '@turnlog/exotel';
import { steadyClock } from '@turnlog/service-kit';
import { type WebSocket } from 'ws';
import { type AgentNeeds } from '../agent/agent-needs.ts';
import { CallAgent } from '../agent/call-agent.ts';
import { roleOf } from '../agent/frame-queue.ts';
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
import { type AcceptedStream } from '../domain/principal.ts';
import {
  beginWithoutStart,
  isStartOfAnotherCall,
  isWorthRecording,
  translateFrame,
  type Step,
} from '../domain/translate-frame.ts';
import { type CallNeeds } from './call-needs.ts';
import { ConnectionLog } from './connection-log.ts';
import { openCall, type OpenCall } from './open-call.ts';

/** Source: RFC 6455, section 7.4. */
export const POLICY_VIOLATION = 1008;

export interface CallConnectionOptions extends AcceptedStream {
  readonly carrier: WebSocket;
  /** Called once, when the connection is over and the agent has sent its last report. */
  readonly onFinished: () => void;
}

/** Carries out what the frames of one call mean. */
export class CallConnection {
  readonly connectionId: string;
  readonly #needs: CallNeeds;
  readonly #options: CallConnectionOptions;
  /** Setting the clock of the host does not change the order of a call's turns. */
  readonly #now: () => number;
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

  constructor(needs: CallNeeds, options: CallConnectionOptions) {
    this.#needs = needs;
    this.#options = options;
    this.#now = steadyClock(needs.now);
    this.connectionId = needs.newId();
    this.#log = new ConnectionLog(needs, this.connectionId);
    this.#guard = new CallGuard(needs.logger, (error, entry) => this.fail(error, entry));
    this.#state = newConnection(this.connectionId, options.request);
    this.#agent = needs.agent && this.#createAgent(needs.agent);
    this.#isAgentDone = this.#agent === undefined;
  }

  get isOver(): boolean {
    return this.#isDiscarded || this.#state.phase === 'over';
  }

  /** The call, while it is in progress. */
  get openCall(): CallKey | undefined {
    return this.#state.phase === 'open' ? this.#call?.producer.call : undefined;
  }

  /** The reason of the connection's end if it closes now. */
  get lossReason(): LossReason {
    return this.#hangUpReason ?? 'socket_closed';
  }

  get pendingBytes(): number {
    return this.#call?.producer.pendingBytes ?? 0;
  }

  /** Whether the frame starts another call, which needs another session. */
  isSupersededBy(frame: ParsedFrame): boolean {
    return isStartOfAnotherCall(this.#state, frame);
  }

  /** Takes one frame of the carrier. */
  receive(frame: ParsedFrame, data: Buffer, isBinary: boolean): void {
    this.#agent?.forward({ data, isBinary, role: roleOf(frame) });
    const nowMs = this.#now();
    // Audio of an open call, which most frames are, changes no state: nothing is allocated for it.
    if (frame.kind === 'media' && this.#call !== undefined && this.#state.phase === 'open')
      this.#call.recorder.addFrame(frame, nowMs);
    else this.#apply(translateFrame(this.#state, frame, nowMs), nowMs, () => data.toString('base64'));
  }

  /** Ends the connection. The first end takes effect; later ones do nothing. */
  end(ending: Ending): void {
    if (this.isOver) return;
    const nowMs = this.#now();
    if (this.#state.phase === 'waiting') {
      if (isWorthRecording(this.#state)) this.#apply(beginWithoutStart(this.#state, nowMs), nowMs, () => '');
      else this.#discard();
    }
    if (this.#call !== undefined) this.#endOpen(this.#call, ending, nowMs);
  }

  /** Ends the call because of a fault of the gateway, and records that. */
  fail(error: unknown, entry: string): void {
    const hasEnded = this.isOver;
    this.#log.failed(error, entry);
    try {
      this.end({ kind: 'lost', reason: 'internal_error' });
    } catch (again) {
      this.#log.failed(again, 'end');
      this.#endBare();
    }
    // The socket may carry another call by now.
    if (!hasEnded) this.#options.carrier.terminate();
    this.closeAgent();
  }

  /** Writes audio that has waited for long enough. */
  flushDueAudio(): void {
    this.#call?.recorder.flushDue(this.#now());
  }

  /** Closes the agent's connection without waiting for its last reports. */
  closeAgent(): void {
    this.#guard.run('agent.close', () => this.#agent?.close());
  }

  #apply(step: Step, nowMs: number, rawBase64: () => string): void {
    if (step.state !== this.#state) this.#enter(step.state);
    if (this.#call !== undefined) this.#record(this.#call, step, nowMs, rawBase64);
    if (step.notice !== undefined) this.#log.note(step.notice);
    if (step.ending !== undefined) this.end(step.ending);
  }

  #record(call: OpenCall, step: Step, nowMs: number, rawBase64: () => string): void {
    for (const draft of step.events) {
      call.producer.add(storableDraft(this.#agent ? withEvidence(draft, this.#marks) : draft, rawBase64));
    }
    if (step.events.length > 0)
      this.#agent?.dial({ ...call, marks: this.#marks, carrier: this.#options.carrier });
    for (const { frame, atMs } of step.released) {
      const frameBase64 = (): string => Buffer.from(JSON.stringify(frame)).toString('base64');
      this.#apply(translateFrame(this.#state, frame, atMs), atMs, frameBase64);
    }
    if (step.audio !== undefined) call.recorder.addFrame(step.audio, nowMs);
  }

  #enter(state: ConnectionState): void {
    this.#state = state;
    if (state.phase !== 'open' || this.#call !== undefined || this.#isDiscarded) return;
    const { principal, carrier } = this.#options;
    if (!this.#mayStream(state)) {
      this.#log.refused(principal);
      this.#discard();
      carrier.close(POLICY_VIOLATION, 'this token is for another call');
      return;
    }
    this.#call = openCall(this.#needs, principal, state, this.#guard);
    this.#log.started(state);
  }

  /** A token for one call does not admit another, whatever the frames contain. */
  #mayStream({ callSid }: StartedConnection): boolean {
    const allowed = this.#options.principal.callSid;
    return allowed === undefined || allowed === callSid;
  }

  /** Ends a session of which nothing is recorded. */
  #discard(): void {
    this.#isDiscarded = true;
    this.#agent?.close();
    this.#finishIfDone();
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

  #createAgent(needs: AgentNeeds): CallAgent {
    return new CallAgent(needs, {
      onHangUp: (reason) => this.#hangUp(reason),
      onDone: () => {
        this.#isAgentDone = true;
        this.#finishIfDone();
      },
      guard: this.#guard,
      now: this.#now,
    });
  }

  /** Closes the carrier's socket, which is the only way to end a call from here. */
  #hangUp(reason: LossReason): void {
    if (this.isOver) return;
    this.#hangUpReason = reason;
    this.#options.carrier.close(1000);
  }

  #finishIfDone(): void {
    if (this.#isFinished || !this.isOver || !this.#isAgentDone) return;
    this.#isFinished = true;
    if (this.#call !== undefined) this.#needs.retention.close(this.#call.producer, this.#now());
    this.#options.onFinished();
  }
}
