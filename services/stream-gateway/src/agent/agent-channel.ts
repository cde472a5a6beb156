import { isUtf8 } from 'node:buffer';
import { parseExotelFrame } from '@turnlog/exotel';
import { type RedactionMode } from '@turnlog/redaction';
import { WebSocket } from 'ws';
import { type AudioRecorder } from '../audio/audio-recorder.ts';
import { type CallGuard } from '../call-guard.ts';
import { refusalOf, type AgentAnswer, type AgentMessageError } from '../domain/agent-answer.ts';
import { type EventRate } from '../domain/event-rate.ts';
import { isAgentEvent } from '../domain/agent-message.ts';
import { readAgentText, type MessageName, type ReadAgentMessage } from '../domain/read-agent-message.ts';
import { namedDraft } from '../named-draft.ts';
import { storableDraft } from '../domain/event-draft.ts';
import { type PlaybackMarks } from '../domain/playback-marks.ts';
import { type GatewayTally } from '../gateway-tally.ts';
import { type EventProducer } from '../producer/event-producer.ts';
import { type Receipt } from '../producer/receipt.ts';

export interface AgentChannelOptions {
  readonly guard: CallGuard;
  readonly producer: EventProducer;
  readonly recorder: AudioRecorder;
  readonly marks: PlaybackMarks;
  readonly connectionId: string;
  readonly carrier: WebSocket;
  /** A one-way stream is never sent anything. */
  readonly isOneWay: boolean;
  readonly maxEventBytes: number;
  /** What becomes of personal data in the agent's reports: it may change while the call goes on. */
  readonly redaction: () => RedactionMode;
  readonly rate: EventRate;
  /** Too much of all calls together is waiting to be stored. */
  readonly isOverloadedInAll: () => boolean;
  /** The tenant has brought as many bytes as it may. */
  readonly isTenantFull: () => boolean;
  readonly maxCarrierBufferedBytes: number;
  readonly tally: GatewayTally;
  readonly now: () => number;
  /** Sends the agent a text. */
  readonly reply: (text: string) => void;
  /** Stops and goes on reading what the agent sends. */
  readonly setPaused: (isPaused: boolean) => void;
}

/** Audio is dropped while too much waits for the carrier; nothing else is, but at so much more the agent has to wait. */
const HARD_LIMIT_FACTOR = 4;

/** What comes from one call's agent: Turnlog's own messages become events, everything else goes to the carrier as it is. */
export class AgentChannel {
  readonly #options: AgentChannelOptions;
  #isPaused = false;

  constructor(options: AgentChannelOptions) {
    this.#options = options;
  }

  /** Takes one frame of the agent. */
  receive(data: Buffer, isBinary: boolean): void {
    const frame = parseExotelFrame(data);
    const { tally, recorder, marks, now } = this.#options;
    if (frame.kind === 'unknown' && isAgentEvent(frame.event)) {
      tally.agentFrames.own += 1;
      this.#take(data);
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
      if (hasToWait) this.#setPaused(true);
      // Called when the frame is out, and all before it, or when the carrier is gone.
      const goOn = hasToWait ? guard.wrap('carrier.sent', () => this.#setPaused(false)) : undefined;
      carrier.send(data, { binary: isBinary }, goOn);
      return true;
    }
    return false;
  }

  #setPaused(isPaused: boolean): void {
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

  #take(data: Buffer): void {
    const { producer, maxEventBytes, isOverloadedInAll, isTenantFull, rate, now } = this.#options;
    const message = this.#read(data);
    if (!message.ok) {
      this.#refuse(message, message.error);
    } else if (data.length > maxEventBytes) {
      const text = `the message has ${data.length} bytes, ${maxEventBytes} are allowed; split it`;
      this.#refuse(message, { code: 'too_large', message: text });
    } else if (producer.isOverloaded || isOverloadedInAll()) {
      const text = 'too much is waiting to be stored; send it again in a few seconds';
      this.#refuse(message, { code: 'overloaded', message: text });
    } else if (isTenantFull()) {
      this.#refuse(message, refusalOf('tenant_full'));
    } else if (!rate.take(now())) {
      const text = 'messages come faster than MAX_EVENTS_PER_SECOND; send it again in a second';
      this.#refuse(message, { code: 'too_fast', message: text });
    } else {
      this.#append(message);
    }
  }

  #read(data: Buffer): ReadAgentMessage {
    if (!isUtf8(data)) {
      return { ok: false, id: undefined, error: { code: 'not_json', message: 'the message is not UTF-8' } };
    }
    return readAgentText(data.toString(), {
      nowMs: this.#options.now(),
      redaction: this.#options.redaction(),
      rawBase64: () => data.toString('base64'),
    });
  }

  #append(message: Extract<ReadAgentMessage, { ok: true }>): void {
    const { guard, producer } = this.#options;
    const { id, draft } = message;
    const onSettled = guard.wrap('agent.receipt', (receipt: Receipt) => this.#acknowledge(message, receipt));
    const named = id === undefined ? draft : namedDraft(message, id);
    producer.add(named, { rememberId: id !== undefined, onSettled });
  }

  #acknowledge(name: MessageName, receipt: Receipt): void {
    if (receipt.status === 'refused') {
      this.#refuse(name, refusalOf(receipt.reason));
      return;
    }
    const { status, seq, isSpooled = false } = receipt;
    const durable = isSpooled ? 'spool' : undefined;
    this.#answer({ event: 'ack', id: name.id ?? null, revision: name.revision, status, seq, durable });
  }

  #refuse({ id, revision }: MessageName, error: AgentMessageError): void {
    this.#answer({ event: 'error', id: id ?? null, revision, error });
  }

  #answer(answer: AgentAnswer): void {
    this.#options.reply(JSON.stringify(answer));
  }
}
