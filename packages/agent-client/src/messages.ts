/*
 * What an agent may report, as docs/events.md has it. The gateway's /openapi.json is the full description; the tests
 * report each of these to a real gateway.
 */

/** Any JSON value. */
export type JsonValue =
  string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** Who may speak. `ai` is the bot, `agent` a human colleague it hands over to. */
export type Speaker = 'user' | 'ai' | 'agent' | 'system';

/** ISO 8601, or Unix milliseconds. */
export type Moment = string | number;

/** A stretch of a turn's text, and the name in the mark frame that followed its audio. */
export interface SpokenMark {
  readonly name: string;
  readonly text: string;
}

/** One turn of the dialogue, complete. */
export interface Turn {
  readonly speaker: Speaker;
  readonly text: string;
  readonly startedAt?: Moment;
  readonly endedAt?: Moment;
  /** The caller cut it short. Turnlog finds out by itself where marks are used. */
  readonly interrupted?: boolean;
  /** What of it the caller heard, where the agent knows. */
  readonly heardText?: string;
  /** The marks that cover it, in the order in which they were sent to the carrier. */
  readonly marks?: readonly SpokenMark[];
  readonly confidence?: number;
  readonly language?: string;
  /** Anything that is to be kept with it. */
  readonly metadata?: JsonValue;
}

/** A tool that the agent called. */
export interface ToolCall {
  readonly name: string;
  readonly arguments?: JsonValue;
  readonly result?: JsonValue;
  readonly error?: string;
  readonly durationMs?: number;
}

/** What may be said of any message. */
export interface MomentOptions {
  /** The agent's own id, so that a repeat of the message is a duplicate; a random one by default. */
  readonly id?: string;
  /** When it happened; now by default. */
  readonly timestamp?: Moment;
  /** Anything that is to be kept with it. */
  readonly metadata?: JsonValue;
}

/** What may be said of a message that may be said again, and better. */
export interface MessageOptions extends MomentOptions {
  /**
   * A later version of the message of the same id: a whole number from 1 on. The highest counts, whatever the order in which
   * they come; all of them are kept. Without it, another content under a known id is refused as `conflict`.
   */
  readonly revision?: number;
}

/** A message is durable. */
export interface Acknowledgement {
  readonly id: string;
  /** As the message has it. */
  readonly revision?: number;
  readonly status: 'appended' | 'duplicate';
  /** Its place in the call's log; absent while it is in the gateway's spool. */
  readonly seq: number | undefined;
}

/** The codes of answers after which a message is sent again, with the same id. */
const SEND_AGAIN: ReadonlySet<unknown> = new Set(['overloaded', 'too_fast', 'unavailable']);

/** Whether a message with this answer is to be sent again. */
export function isToBeSentAgain(code: unknown): boolean {
  return SEND_AGAIN.has(code);
}

/** What identifies a message within its call. */
export interface MessageKey {
  readonly id: string;
  readonly revision?: number | undefined;
}

/** A message as docs/events.md has it. */
export interface AgentMessage extends MessageKey {
  readonly event: string;
  /** When it happened; now by default. */
  readonly timestamp?: Moment;
  readonly [field: string]: unknown;
}

/** The key of a message, in which each revision is a message of its own. */
export function keyOf({ id, revision }: { readonly id: string; readonly revision?: unknown }): string {
  return typeof revision === 'number' ? `${id}\0${revision}` : id;
}

/** The acknowledgement of a message. */
export function acknowledgementOf(
  { id, revision }: MessageKey,
  status: Acknowledgement['status'],
  seq: number | undefined,
): Acknowledgement {
  return { id, ...(revision !== undefined && { revision }), status, seq };
}
