import { planCall, type PlaceCallOptions, type CallPlan, type Drop } from './call-plan.ts';
import { durationMs, parseExotelFrame } from '@turnlog/exotel';
import { BotPlayback } from './bot-playback.ts';
import { CallFrames } from './call-frames.ts';
import { CallLine } from './call-line.ts';
import { type CallEnd, type CallReport } from './call-report.ts';
import { PaceClock } from './pace.ts';

/** A call in progress, seen from Exotel's side. */
export class SimulatedCall {
  readonly callSid: string;
  readonly streamSid: string;
  /** True once the socket is open, false if it never opened (`finished` has the reason). Never rejects. */
  readonly connected: Promise<boolean>;
  /** What passed, when the call is over, however it ended. A half-open call is over when it falls silent. */
  readonly finished: Promise<CallReport>;
  readonly #plan: CallPlan;
  readonly #line = new CallLine();
  readonly #frames: CallFrames;
  readonly #playback: BotPlayback;
  readonly #botAudio = { frames: 0, bytes: 0 };
  readonly #counts = { clearsReceived: 0, otherFramesReceived: 0 };
  readonly #marks: Pick<CallReport, 'marksReceived' | 'marksReturned'> = {
    marksReceived: [],
    marksReturned: [],
  };

  constructor(plan: CallPlan) {
    const { announced, shape, speed } = plan;
    this.callSid = announced.callSid;
    this.streamSid = announced.streamSid;
    this.#plan = plan;
    this.#frames = new CallFrames(shape, announced);
    const returnMark = (name: string) => this.#returnMark(name);
    this.#playback = new BotPlayback({ sampleRate: announced.sampleRate, speed, returnMark });
    this.connected = this.#line.open(plan, (text) => this.#receive(text));
    this.finished = this.#run();
  }

  /** The caller hangs up: `stop`, then a close. Does nothing on a call that is over. */
  hangUp(reason = 'callended'): void {
    this.#line.hangUp(() => this.#frames.stop(reason), this.#plan.closeCode);
  }

  /** The call is cut. `terminate` also ends the socket of a half-open call, which otherwise stays open. */
  drop(how: Drop): void {
    this.#line.drop(how);
  }

  /** The caller presses a key. Throws on a one-way stream, which has none. */
  sendDtmf(digit: string, durationMs = 100): void {
    if (this.#plan.applet === 'stream')
      throw new Error('A one-way stream has no keys: use applet "voicebot".');
    if (this.#line.isLive) this.#line.send(this.#frames.dtmf(digit, durationMs));
  }

  async #run(): Promise<CallReport> {
    const abort = () => this.#line.abort();
    const { signal } = this.#plan;
    signal?.addEventListener('abort', abort);
    if (signal?.aborted === true) abort();
    if (await this.connected) await this.#talk();
    const end = await this.#line.ended;
    this.#playback.stop();
    // A half-open socket outlives its call, and the signal still ends it.
    if (end.closeCode !== undefined) signal?.removeEventListener('abort', abort);
    return this.#report(end);
  }

  async #talk(): Promise<void> {
    const { audio, frameCount, frameMs, hangUpAfterMs } = this.#plan;
    const clock = new PaceClock(this.#plan.speed);
    this.#line.send(this.#frames.connected());
    this.#line.send(this.#frames.start());
    for (let index = 0; index < frameCount; index++) {
      await clock.until((index + 1) * frameMs);
      if (!this.#line.isLive) return;
      await this.#line.sendInTurn(this.#frames.media(audio.payloadAt(index)));
    }
    await clock.until(hangUpAfterMs);
    if (this.#plan.drop === undefined) this.hangUp();
    else this.drop(this.#plan.drop);
  }

  #receive(text: Buffer): void {
    const frame = parseExotelFrame(text);
    this.#plan.onServerFrame(frame);
    const isHeard = this.#plan.applet === 'voicebot';
    if (isHeard && frame.kind === 'media') {
      this.#botAudio.frames += 1;
      this.#botAudio.bytes += frame.byteLength;
      this.#playback.play(frame.byteLength);
    } else if (isHeard && frame.kind === 'mark') {
      this.#marks.marksReceived.push(frame.name);
      this.#playback.mark(frame.name);
    } else if (isHeard && frame.kind === 'clear') {
      this.#counts.clearsReceived += 1;
      this.#playback.clear();
    } else this.#counts.otherFramesReceived += 1;
  }

  #returnMark(name: string): void {
    if (!this.#line.isLive) return;
    this.#marks.marksReturned.push(name);
    this.#line.send(this.#frames.mark(name));
  }

  #report(end: CallEnd): CallReport {
    const heardMs = durationMs(this.#botAudio.bytes, this.#plan.announced.sampleRate);
    return {
      callSid: this.callSid,
      streamSid: this.streamSid,
      framesSent: this.#frames.count,
      mediaFramesSent: this.#frames.mediaFrames,
      audioBytesSent: this.#frames.audioBytes,
      botAudio: { ...this.#botAudio, durationMs: heardMs },
      ...this.#marks,
      ...this.#counts,
      end,
    };
  }
}

/**
 * Places one call as Exotel would: `connected`, `start`, media at its pace, marks returned as the bot's audio is
 * played, `stop`, close. A process can play five hundred at once, best if they share one `audio` buffer.
 * Throws for invalid options; what happens to the call itself is in its report.
 */
export function placeCall(options: PlaceCallOptions): SimulatedCall {
  return new SimulatedCall(planCall(options));
}
