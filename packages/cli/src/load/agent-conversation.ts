import { encodeMedia, parseExotelFrame } from '@turnlog/exotel';
import { tone } from '@turnlog/exotel-simulator';
import { z } from 'zod';
import { type WebSocket } from 'ws';
import { type AgentMessage, type ScriptStep } from './agent-script.ts';
import { newTally, type AgentTally } from './agent-tally.ts';
import { playScript } from './play-script.ts';

const VOICE_MS = 400;
const VOICE = tone({ seconds: VOICE_MS / 1000, sampleRate: 8_000, hz: 220, amplitude: 0.2 });

const answer = z.discriminatedUnion('event', [
  z.object({ event: z.literal('ack'), status: z.enum(['appended', 'duplicate']) }),
  z.object({ event: z.literal('error'), error: z.object({ message: z.string() }) }),
]);

export interface ConversationOptions {
  readonly script: readonly ScriptStep[];
  readonly speed: number;
  readonly now: () => number;
  /** Told of the call once it has started; gives the tally that its answers are counted in. */
  readonly onStart: (callSid: string) => AgentTally;
  /** Told once everything is said and answered. */
  readonly onSaid?: (() => void) | undefined;
}

/**
 * One call as the sample agent has it: once it has started, the lines are said; when the call is over and everything is
 * acknowledged, the agent leaves.
 */
export class AgentConversation {
  readonly #socket: WebSocket;
  readonly #options: ConversationOptions;
  readonly #over = new AbortController();
  #tally = newTally();
  #streamSid = '';
  #spoken = 0;
  #unanswered = 0;
  #hasSaidAll = false;
  #hasToldSo = false;
  #hasStopped = false;

  constructor(socket: WebSocket, options: ConversationOptions) {
    this.#socket = socket;
    this.#options = options;
    socket.on('message', (data) => this.#receive(data as Buffer));
    socket.on('close', () => this.#over.abort());
    // A close follows.
    socket.on('error', () => undefined);
  }

  #receive(data: Buffer): void {
    const frame = parseExotelFrame(data);
    if (frame.kind === 'start') {
      this.#tally = this.#options.onStart(frame.callSid ?? '');
      this.#streamSid = frame.streamSid ?? '';
      this.#converse().catch((error: unknown) => (this.#tally.problem ??= String(error)));
    } else if (frame.kind === 'stop') {
      this.#hasStopped = true;
      this.#noteProgress();
    } else if (frame.kind === 'unknown') {
      this.#hearAnswer(data);
    }
  }

  async #converse(): Promise<void> {
    const { script, speed, now } = this.#options;
    const { signal } = this.#over;
    await playScript(script, { speed, now, signal, send: (messages) => this.#say(messages) });
    if (signal.aborted) return;
    this.#hasSaidAll = true;
    this.#noteProgress();
  }

  #say(messages: readonly AgentMessage[]): Promise<void> {
    for (const message of messages) {
      if (message.event === 'turn') this.#speak();
      this.#unanswered += 1;
      this.#socket.send(JSON.stringify(message));
    }
    return Promise.resolve();
  }

  /** Audio for the caller. */
  #speak(): void {
    const chunk = (this.#spoken += 1);
    const numbers = { sequence: chunk, chunk, timestampMs: chunk * VOICE_MS };
    this.#socket.send(encodeMedia({ ...numbers, streamSid: this.#streamSid, audio: VOICE }));
  }

  #hearAnswer(data: Buffer): void {
    const heard = answer.safeParse(JSON.parse(data.toString()));
    if (!heard.success) return;
    this.#unanswered -= 1;
    if (heard.data.event === 'ack') {
      this.#tally[heard.data.status] += 1;
    } else {
      this.#tally.rejected += 1;
      this.#tally.problem ??= heard.data.error.message;
    }
    this.#noteProgress();
  }

  #noteProgress(): void {
    if (!this.#hasSaidAll || this.#unanswered > 0) return;
    if (!this.#hasToldSo) this.#options.onSaid?.();
    this.#hasToldSo = true;
    if (this.#hasStopped) this.#socket.close(1000);
  }
}
