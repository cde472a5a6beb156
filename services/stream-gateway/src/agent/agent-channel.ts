import { storableDraft } from '@turnlog/call-events';
import { parseExotelFrame, type ParsedFrame } from '@turnlog/exotel';
import { WebSocket } from 'ws';
import { type AudioRecorder } from '../audio/audio-recorder.ts';
import { isAgentEvent } from '../domain/agent-message.ts';
import { type StartedConnection } from '../domain/connection-state.ts';
import { isBrokenReport } from '../domain/is-broken-report.ts';
import { type PlaybackMarks } from '../domain/playback-marks.ts';
import { AgentReports, type AgentReportsOptions } from './agent-reports.ts';

export interface AgentChannelOptions extends AgentReportsOptions {
  readonly connection: StartedConnection;
  readonly recorder: AudioRecorder;
  readonly marks: PlaybackMarks;
  readonly carrier: WebSocket;
}

/**
 * The largest frame that may be meant for the carrier: twice the base64 of the most audio that Exotel takes at once, 100,000
 * bytes. A larger one is a report, and is not parsed to find out.
 */
const MAX_CARRIER_FRAME_BYTES = 256 * 1024;

/** Only audio is dropped while too much waits for the carrier; at so much more the agent has to wait. */
const HARD_LIMIT_FACTOR = 4;

/** What comes from one call's agent: Turnlog's own messages become events, everything else goes to the carrier unchanged. */
export class AgentChannel {
  readonly #options: AgentChannelOptions;
  readonly #reports: AgentReports;
  /** Frames behind a large report that is being read. */
  readonly #waiting: { readonly data: Buffer; readonly isBinary: boolean }[] = [];
  #isReading = false;
  #isCarrierFull = false;
  #isPaused = false;
  #onRead: () => void = () => undefined;

  constructor(options: AgentChannelOptions) {
    this.#options = options;
    this.#reports = new AgentReports(options);
  }

  /** Takes one frame of the agent, in order. */
  receive(data: Buffer, isBinary: boolean): void {
    if (this.#isReading) this.#waiting.push({ data, isBinary });
    else this.#handle(data, isBinary);
  }

  /** Calls a listener when all frames so far have been read. */
  whenRead(listener: () => void): void {
    if (this.#isReading) this.#onRead = listener;
    else listener();
  }

  #handle(data: Buffer, isBinary: boolean): void {
    const { recorder, marks, now } = this.#options;
    if (data.length > MAX_CARRIER_FRAME_BYTES) {
      this.#takeReport(data);
      return;
    }
    const frame = parseExotelFrame(data);
    const isReport = frame.kind === 'unknown' && isAgentEvent(frame.event);
    if (isReport || (isUnreadable(frame) && isBrokenReport(data))) {
      this.#takeReport(data);
      return;
    }
    const isMedia = frame.kind === 'media';
    const isSent = this.#relay(data, { isBinary, isMedia });
    if (isMedia && isSent) recorder.add('outbound', frame.payload, frame.byteLength, now());
    else if (isMedia) marks.audioDropped();
    else if (frame.kind === 'mark' && isSent) marks.sent(frame.name);
    else if (frame.kind === 'clear' && isSent) this.#noteClear();
  }

  /** Returns true if the frame was sent to the carrier. A one-way stream accepts none. */
  #relay(
    data: Buffer,
    { isBinary, isMedia }: { readonly isBinary: boolean; readonly isMedia: boolean },
  ): boolean {
    const { carrier, connection, guard, needs } = this.#options;
    const { maxCarrierBufferedBytes, tally } = needs;
    const isFull = isMedia && carrier.bufferedAmount > maxCarrierBufferedBytes;
    if (connection.request.applet === 'stream') tally.agentFrames.one_way += 1;
    else if (isFull || carrier.readyState !== WebSocket.OPEN) tally.agentFrames.dropped += 1;
    else {
      tally.agentFrames.relayed += 1;
      const hasToWait = carrier.bufferedAmount > maxCarrierBufferedBytes * HARD_LIMIT_FACTOR;
      if (hasToWait) this.#setCarrierFull(true);
      // Called when this frame and all before it are out, or when the carrier is gone.
      const onSent = hasToWait ? guard.wrap('carrier.sent', () => this.#setCarrierFull(false)) : undefined;
      carrier.send(data, { binary: isBinary }, onSent);
      return true;
    }
    return false;
  }

  #takeReport(data: Buffer): void {
    this.#options.needs.tally.agentFrames.own += 1;
    this.#isReading = this.#reports.take(data, () => this.#afterReading());
    this.#pauseAsNeeded();
  }

  /** Handles the frames that waited, up to the next large report. */
  #afterReading(): void {
    this.#isReading = false;
    for (const { data, isBinary } of this.#waiting.splice(0)) this.receive(data, isBinary);
    this.#pauseAsNeeded();
    this.whenRead(this.#onRead);
  }

  #setCarrierFull(isFull: boolean): void {
    this.#isCarrierFull = isFull;
    this.#pauseAsNeeded();
  }

  #pauseAsNeeded(): void {
    const isPaused = this.#isReading || this.#isCarrierFull;
    if (this.#isPaused === isPaused) return;
    this.#isPaused = isPaused;
    this.#options.relay.setPaused(isPaused);
  }

  /** The caller interrupts: audio that was not played by now is not heard. */
  #noteClear(): void {
    const { marks, connection, producer, now } = this.#options;
    const names = marks.cleared();
    if (names.length === 0) return;
    const data = { connectionId: connection.connectionId, cause: 'clear', marks: names };
    producer.add(storableDraft({ type: 'playback.cleared', data, atMs: now() }, () => ''));
  }
}

function isUnreadable(frame: ParsedFrame): boolean {
  return frame.kind === 'invalid' && (frame.reason === 'not_json' || frame.reason === 'not_an_object');
}
