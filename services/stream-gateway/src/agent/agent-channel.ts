import { parseExotelFrame, type ParsedFrame } from '@turnlog/exotel';
import { WebSocket } from 'ws';
import { type AudioRecorder } from '../audio/audio-recorder.ts';
import { isAgentEvent } from '../domain/agent-message.ts';
import { storableDraft } from '@turnlog/call-events';
import { isBrokenReport } from '../domain/is-broken-report.ts';
import { type PlaybackMarks } from '../domain/playback-marks.ts';
import { type GatewayTally } from '../report/tally.ts';
import { AgentReports, type AgentReportsOptions } from './agent-reports.ts';

export interface AgentChannelOptions extends AgentReportsOptions {
  readonly recorder: AudioRecorder;
  readonly marks: PlaybackMarks;
  readonly connectionId: string;
  readonly carrier: WebSocket;
  /** A one-way stream is never sent anything. */
  readonly isOneWay: boolean;
  readonly maxCarrierBufferedBytes: number;
  readonly tally: GatewayTally;
  /** Stops and goes on reading what the agent sends. */
  readonly setPaused: (isPaused: boolean) => void;
}

/** A frame of the agent that waits for a large report before it. */
interface WaitingFrame {
  readonly data: Buffer;
  readonly isBinary: boolean;
}

/**
 * The largest frame that may be meant for the carrier: twice the base64 of the most audio that Exotel takes at once, 100,000
 * bytes. What is larger is a report, and is not parsed to find out.
 */
const MAX_CARRIER_FRAME_BYTES = 256 * 1024;

/** Audio is dropped while too much waits for the carrier; nothing else is, but at so much more the agent has to wait. */
const HARD_LIMIT_FACTOR = 4;

/** What comes from one call's agent: Turnlog's own messages become events, everything else goes to the carrier as it is. */
export class AgentChannel {
  readonly #options: AgentChannelOptions;
  readonly #reports: AgentReports;
  readonly #waiting: WaitingFrame[] = [];
  #isReading = false;
  #isCarrierFull = false;
  #isPaused = false;
  #onRead: () => void = () => undefined;

  constructor(options: AgentChannelOptions) {
    this.#options = options;
    this.#reports = new AgentReports(options);
  }

  /** Takes one frame of the agent. While a large report is read, what comes behind it waits. */
  receive(data: Buffer, isBinary: boolean): void {
    if (this.#isReading) this.#waiting.push({ data, isBinary });
    else this.#handle(data, isBinary);
  }

  /** Calls a listener when all that has come is read. */
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

  /** True when the carrier was sent the frame. */
  #relay(
    data: Buffer,
    { isBinary, isMedia }: { readonly isBinary: boolean; readonly isMedia: boolean },
  ): boolean {
    const { carrier, isOneWay, maxCarrierBufferedBytes, tally, guard } = this.#options;
    const isFull = isMedia && carrier.bufferedAmount > maxCarrierBufferedBytes;
    if (isOneWay) tally.agentFrames.one_way += 1;
    else if (isFull || carrier.readyState !== WebSocket.OPEN) tally.agentFrames.dropped += 1;
    else {
      tally.agentFrames.relayed += 1;
      const hasToWait = carrier.bufferedAmount > maxCarrierBufferedBytes * HARD_LIMIT_FACTOR;
      if (hasToWait) this.#setCarrierFull(true);
      // Called when the frame is out, and all before it, or when the carrier is gone.
      const goOn = hasToWait ? guard.wrap('carrier.sent', () => this.#setCarrierFull(false)) : undefined;
      carrier.send(data, { binary: isBinary }, goOn);
      return true;
    }
    return false;
  }

  #takeReport(data: Buffer): void {
    this.#options.tally.agentFrames.own += 1;
    this.#isReading = this.#reports.take(data, () => this.#goOn());
    this.#pauseAsNeeded();
  }

  #goOn(): void {
    this.#isReading = false;
    this.#handleWaiting();
    this.#pauseAsNeeded();
  }

  /** Until one of them is a large report again. */
  #handleWaiting(): void {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#nextWaiting()) {
      this.#handle(next.data, next.isBinary);
    }
    if (!this.#isReading) this.#onRead();
  }

  #nextWaiting(): WaitingFrame | undefined {
    return this.#isReading ? undefined : this.#waiting.shift();
  }

  #setCarrierFull(isFull: boolean): void {
    this.#isCarrierFull = isFull;
    this.#pauseAsNeeded();
  }

  #pauseAsNeeded(): void {
    const isPaused = this.#isReading || this.#isCarrierFull;
    if (this.#isPaused === isPaused) return;
    this.#isPaused = isPaused;
    this.#options.setPaused(isPaused);
  }

  /** The caller interrupts: what was not played by now is not heard. */
  #noteClear(): void {
    const { marks, connectionId, producer, now } = this.#options;
    const names = marks.cleared();
    if (names.length === 0) return;
    const data = { connectionId, cause: 'clear', marks: names };
    producer.add(storableDraft({ type: 'playback.cleared', data, atMs: now() }, () => ''));
  }
}

function isUnreadable(frame: ParsedFrame): boolean {
  return frame.kind === 'invalid' && (frame.reason === 'not_json' || frame.reason === 'not_an_object');
}
