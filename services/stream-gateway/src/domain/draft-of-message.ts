import { type EventData, type JsonValue, type EventDraft } from '@turnlog/call-events';
import { KNOWN_FIELDS, type AgentMessage } from './agent-message.ts';
import { beyondKnown, joined } from './beyond-known.ts';

type Fields = Readonly<Record<string, JsonValue>>;

/** The time that a message states, in Unix ms; `undefined` if it states none. */
export function saidAtMs(message: AgentMessage): number | undefined {
  return message.event === 'turn' ? (message.turn.timestamp ?? message.timestamp) : message.timestamp;
}

/** A call without a stream has no connection of its own; the sweep uses the same id for a quiet one. */
const ENDED = { connectionId: 'http', reason: 'agent_hung_up' };

/** The event of a message, with all of its content; `given` is the message as it was received. */
export function draftOfMessage(message: AgentMessage, given: Fields, nowMs: number): EventDraft {
  const atMs = saidAtMs(message) ?? nowMs;
  if (message.event === 'ended') return { type: 'call.disconnected', data: { ...ENDED }, atMs };
  const beyond = beyondOf(message, given);
  switch (message.event) {
    case 'turn':
      return { type: 'turn.completed', data: turnData(message, given), atMs };
    case 'collect':
      return { type: 'data.collected', data: { fields: message.data, ...beyond }, atMs };
    case 'stage':
      return { type: 'stage.changed', data: { stage: message.stage, ...beyond }, atMs };
    case 'objection':
      return {
        type: 'objection.raised',
        data: present({ text: message.text, category: message.category, ...beyond }),
        atMs,
      };
    case 'outcome':
      return {
        type: 'outcome.decided',
        data: present({ outcome: message.outcome, reason: message.reason, ...beyond }),
        atMs,
      };
    case 'tool':
      return { type: 'tool.called', data: { ...toolData(message), ...beyond }, atMs };
    case 'consent':
      return { type: 'consent.recorded', data: { ...consentData(message), ...beyond }, atMs };
    case 'speaking':
      return {
        type: 'speaking.changed',
        data: present({ speaking: message.speaking, speaker: message.speaker, ...beyond }),
        atMs,
      };
  }
}

interface Beyond {
  readonly metadata?: JsonValue;
  readonly extra?: Record<string, JsonValue>;
}

function beyondOf(message: Exclude<AgentMessage, { event: 'ended' }>, given: Fields): Beyond {
  const extra = beyondKnown(given, KNOWN_FIELDS.message(message.event), message);
  return present({ metadata: message.metadata, extra: extra });
}

type TurnMessage = Extract<AgentMessage, { event: 'turn' }>;

function turnData(message: TurnMessage, given: Fields): EventData<'turn.completed'> {
  const { turn } = message;
  const givenTurn = given['turn'] as Fields;
  return present({
    speaker: turn.speaker,
    text: turn.text,
    startedAt: iso(turn.startedAt ?? turn.started_at ?? turn.start),
    endedAt: iso(turn.endedAt ?? turn.ended_at ?? turn.end),
    interrupted: turn.interrupted,
    heardText: turn.heardText ?? turn.heard_text,
    confidence: turn.confidence,
    words: turn.words?.map((word, index) => withExtra(word, givenTurn['words'], index, KNOWN_FIELDS.word)),
    language: turn.language,
    marks: turn.marks?.map((mark, index) => withExtra(mark, givenTurn['marks'], index, KNOWN_FIELDS.mark)),
    ...beyondTurn(message, given, givenTurn),
  });
}

/** The unknown fields of the turn and of the message around it. */
function beyondTurn(message: TurnMessage, given: Fields, givenTurn: Fields): Beyond {
  const { turn } = message;
  const { metadata: outerMetadata, extra: outer } = beyondOf(message, given);
  const inner = beyondKnown(givenTurn, KNOWN_FIELDS.turn, turn);
  const isTimeOutweighed =
    turn.timestamp !== undefined && message.timestamp !== undefined && turn.timestamp !== message.timestamp;
  const outweighed = present({
    metadata: turn.metadata === undefined ? undefined : outerMetadata,
    timestamp: isTimeOutweighed ? given['timestamp'] : undefined,
  });
  const extra = joined(inner, Object.keys(outweighed).length === 0 ? outer : { ...outer, ...outweighed });
  return present({
    metadata: turn.metadata ?? outerMetadata,
    extra: extra,
  });
}

/** A piece of a turn with its unknown fields. */
function withExtra<T extends object>(piece: T, pieces: JsonValue | undefined, index: number, known: object) {
  const given = (pieces as readonly Fields[])[index] ?? {};
  const extra = beyondKnown(given, known, piece);
  return { ...present(piece), ...(extra !== undefined && { extra: extra as Record<string, JsonValue> }) };
}

function toolData(tool: Extract<AgentMessage, { event: 'tool' }>): EventData<'tool.called'> {
  return present({
    name: tool.name,
    arguments: tool.arguments,
    result: tool.result,
    error: tool.error,
    durationMs: tool.durationMs ?? tool.duration_ms,
  });
}

function consentData(message: Extract<AgentMessage, { event: 'consent' }>): EventData<'consent.recorded'> {
  const { statement, given, purpose, statementVersion, statement_version } = message;
  return present({ statement, given, purpose, statementVersion: statementVersion ?? statement_version });
}

function iso(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
}

type Present<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** The object without the fields that have no value. */
function present<T extends object>(fields: T): Present<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Present<T>;
}
