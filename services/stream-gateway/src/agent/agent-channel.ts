import { parseExotelFrame } from '@turnlog/exotel';
import { WebSocket } from 'ws';
import { type AudioRecorder } from '../audio/audio-recorder.ts';
import { isAgentEvent } from '../domain/agent-message.ts';
import {
  eventIdOf,
  readAgentMessage,
  type AgentMessageError,
  type ReadAgentMessage,
} from '../domain/read-agent-message.ts';
import { type GatewayTally } from '../gateway-tally.ts';
import { type EventProducer } from '../producer/event-producer.ts';
import { type Receipt } from '../producer/retained-events.ts';

export interface AgentChannelOptions {
  readonly producer: EventProducer;
  readonly recorder: AudioRecorder;
  readonly carrier: WebSocket;
  /** A one-way stream is never sent anything. */
  readonly isOneWay: boolean;
  readonly maxEventBytes: number;
  /** Too much of all calls together is waiting to be stored. */
  readonly isOverloadedInAll: () => boolean;
  readonly maxCarrierBufferedBytes: number;
  readonly tally: GatewayTally;
  readonly now: () => number;
  /** Sends the agent a text. */
  readonly reply: (text: string) => void;
}

/** What comes from one call's agent: Turnlog's own messages become events, everything else goes to the carrier as it is. */
export class AgentChannel {
  readonly #options: AgentChannelOptions;

  constructor(options: AgentChannelOptions) {
    this.#options = options;
  }

  /** Takes one frame of the agent. */
  receive(data: Buffer, isBinary: boolean): void {
    const frame = parseExotelFrame(data);
    const { tally, recorder, now } = this.#options;
    if (frame.kind === 'unknown' && isAgentEvent(frame.event)) {
      tally.agentFrames.own += 1;
      this.#take(data);
      return;
    }
    const isMedia = frame.kind === 'media';
    if (!this.#relay(data, { isBinary, isMedia })) return;
    if (isMedia) recorder.add('outbound', frame.payload, frame.byteLength, now());
  }

  /** True when the carrier was sent the frame. */
  #relay(
    data: Buffer,
    { isBinary, isMedia }: { readonly isBinary: boolean; readonly isMedia: boolean },
  ): boolean {
    const { carrier, isOneWay, maxCarrierBufferedBytes, tally } = this.#options;
    const isFull = isMedia && carrier.bufferedAmount > maxCarrierBufferedBytes;
    if (isOneWay) tally.agentFrames.one_way += 1;
    else if (isFull || carrier.readyState !== WebSocket.OPEN) tally.agentFrames.dropped += 1;
    else {
      tally.agentFrames.relayed += 1;
      carrier.send(data, { binary: isBinary });
      return true;
    }
    return false;
  }

  #take(data: Buffer): void {
    const { producer, maxEventBytes, isOverloadedInAll } = this.#options;
    const message = this.#read(data);
    if (!message.ok) {
      this.#refuse(message.id, message.error);
    } else if (data.length > maxEventBytes) {
      const text = `the message has ${data.length} bytes, ${maxEventBytes} are allowed; split it`;
      this.#refuse(message.id, { code: 'too_large', message: text });
    } else if (producer.isOverloaded || isOverloadedInAll()) {
      const text = 'too much is waiting to be stored; send it again in a few seconds';
      this.#refuse(message.id, { code: 'overloaded', message: text });
    } else {
      this.#append(message);
    }
  }

  #read(data: Buffer): ReadAgentMessage {
    // The frame was parsed a moment ago, so it is JSON.
    const json = JSON.parse(data.toString()) as unknown;
    return readAgentMessage(json, {
      nowMs: this.#options.now(),
      rawBase64: () => data.toString('base64'),
    });
  }

  #append({ id, event, draft }: Extract<ReadAgentMessage, { ok: true }>): void {
    const onSettled = (receipt: Receipt): void => this.#acknowledge(id, receipt);
    const named = id === undefined ? draft : { ...draft, id: eventIdOf(event, id) };
    this.#options.producer.add(named, { rememberId: id !== undefined, onSettled });
  }

  #acknowledge(id: string | undefined, receipt: Receipt): void {
    if (receipt.status === 'refused') {
      const text = 'the call has as many events as one call may have; nothing more is recorded';
      this.#refuse(id, { code: 'call_full', message: text });
      return;
    }
    const { status, seq, isSpooled = false } = receipt;
    const durable = isSpooled ? 'spool' : undefined;
    this.#options.reply(JSON.stringify({ event: 'ack', id: id ?? null, status, seq, durable }));
  }

  #refuse(id: string | undefined, error: AgentMessageError): void {
    this.#options.reply(JSON.stringify({ event: 'error', id: id ?? null, error }));
  }
}
