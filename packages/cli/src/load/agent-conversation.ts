import type { RelayCall } from '@turnlog/agent-client';
import { encodeMedia, parseExotelFrame } from '@turnlog/exotel';
import { tone } from '@turnlog/exotel-simulator';
import { deferred } from '@turnlog/service-kit/time';
import type { WebSocket } from 'ws';
import type { ScriptMessage, ScriptStep } from './agent-script.ts';
import { newTally, playScript } from './play-script.ts';

const VOICE_MS = 400;
const VOICE = tone({ seconds: VOICE_MS / 1000, sampleRate: 8_000, hz: 220, amplitude: 0.2 });

export interface ConversationOptions {
  readonly script: readonly ScriptStep[];
  /** How many times faster than real time; `Infinity` for no pauses. */
  readonly speed: number;
  readonly now: () => number;
  /** Called when the script is over and each of its messages is acknowledged or rejected. */
  readonly onSaid?: () => void;
}

/**
 * One call of the sample agent: it says and reports the script, and leaves when the call is over and each message has its
 * answer. When the gateway dials again for a lost socket, the conversation continues on the new one.
 */
export class AgentConversation {
  readonly tally = newTally();
  readonly #options: ConversationOptions;
  readonly #begun = deferred();
  #left = deferred();
  readonly #over = new AbortController();
  #relay: RelayCall<WebSocket> | undefined;
  #spoken = 0;
  #isSaid = false;
  #hasStopped = false;

  constructor(options: ConversationOptions) {
    this.#options = options;
  }

  /** Resolves when a gateway has dialled for the call. */
  get begun(): Promise<void> {
    return this.#begun.promise;
  }

  /** Resolves when the call's socket is closed. */
  get left(): Promise<void> {
    return this.#left.promise;
  }

  /** Takes the call, or its next socket. */
  take(relay: RelayCall<WebSocket>): void {
    const { socket, isReconnected } = relay;
    const left = deferred();
    this.#relay = relay;
    this.#left = left;
    socket.on('message', (data) => this.#receive(data as Buffer));
    socket.on('close', () => {
      if (this.#hasStopped) this.abort();
      left.resolve();
    });
    this.#begun.resolve();
    if (isReconnected) return;
    this.#converse(relay).catch((error: unknown) => (this.tally.problem ??= String(error)));
  }

  /** Says nothing more. */
  abort(): void {
    this.#over.abort();
  }

  #receive(data: Buffer): void {
    if (parseExotelFrame(data).kind !== 'stop') return;
    this.#hasStopped = true;
    this.#leaveIfDone();
  }

  async #converse({ call }: RelayCall<WebSocket>): Promise<void> {
    const { script, speed, now, onSaid } = this.#options;
    const { signal } = this.#over;
    const send = (message: ScriptMessage) => {
      if (message.event === 'turn') this.#speak();
      return call.report(message);
    };
    const { receipts } = await playScript(script, this.tally, { speed, now, signal, send });
    await Promise.all(receipts);
    if (signal.aborted) return;
    this.#isSaid = true;
    onSaid?.();
    this.#leaveIfDone();
  }

  /** Sends audio for the caller. */
  #speak(): void {
    const chunk = (this.#spoken += 1);
    const numbers = { sequence: chunk, chunk, timestampMs: chunk * VOICE_MS };
    const streamSid = this.#relay?.streamSid ?? '';
    this.#relay?.socket.send(encodeMedia({ ...numbers, streamSid, audio: VOICE }));
  }

  #leaveIfDone(): void {
    if (this.#isSaid && this.#hasStopped) this.#relay?.socket.close(1000);
  }
}
