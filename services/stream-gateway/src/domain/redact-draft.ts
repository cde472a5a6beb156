import { type JsonValue, type EventDraft } from '@turnlog/call-events';
import { redactBeginning, redactJson, redactText, redactWords, type RedactionMode } from '@turnlog/redaction';

/**
 * A draft of what an agent reported without personal data, and with the number of finds. The message as it came is not
 * kept beside it: it would be a copy of what was taken out.
 */
export function redactDraft(draft: EventDraft, mode: RedactionMode): EventDraft {
  if (mode === 'none') return draft;
  const { data, count } = redactData(draft, mode);
  const { type, atMs, id } = draft;
  return {
    type,
    atMs,
    data,
    ...(id !== undefined && { id }),
    ...(count > 0 && { redactions: count }),
  } as EventDraft;
}

interface Redacted {
  readonly data: EventDraft['data'];
  readonly count: number;
}

function redactData(draft: EventDraft, mode: RedactionMode): Redacted {
  const { metadata, extra, ...known } = draft.data as Beyond;
  const inKnown = redactKnown({ ...draft, data: known } as EventDraft, mode);
  if (metadata === undefined && extra === undefined) return inKnown;
  const beyond = redactFields({ metadata, extra }, mode);
  return {
    data: { ...inKnown.data, ...beyond.values },
    count: inKnown.count + beyond.count,
  };
}

/** Each field that is present and not removed. */
function redactFields(fields: Readonly<Record<string, JsonValue | undefined>>, mode: RedactionMode) {
  const values: Record<string, JsonValue> = {};
  let count = 0;
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    const redacted = redactJson(value, mode);
    count += redacted.count;
    if (redacted.value !== undefined) values[name] = redacted.value as JsonValue;
  }
  return { values, count };
}

/** The fields that the data of any report may have in addition. */
interface Beyond {
  readonly metadata?: JsonValue;
  readonly extra?: Record<string, JsonValue>;
}

function redactKnown(draft: EventDraft, mode: RedactionMode): Redacted {
  if (draft.type === 'turn.completed') return redactTurn(draft.data, mode);
  if (draft.type === 'tool.called') return redactTool(draft.data, mode);
  if (draft.type === 'data.collected') {
    const { value, count } = redactJson(draft.data.fields, mode);
    return { data: { fields: (value ?? {}) as Record<string, JsonValue> }, count };
  }
  return redactTexts(draft.data, mode);
}

type DraftData<T extends EventDraft['type']> = Extract<EventDraft, { type: T }>['data'];

function redactTurn(turn: DraftData<'turn.completed'>, mode: RedactionMode): Redacted {
  const { heardText, words, marks, ...texts } = turn;
  const { data, count } = redactTexts(texts, mode);
  const heard = heardText === undefined ? undefined : redactBeginning(heardText, turn.text, mode);
  const spoken = words === undefined ? undefined : redactWords(words, mode);
  // Pieces of the text, one after the other, with their blanks.
  const marked = marks === undefined ? undefined : redactWords(marks, mode, '');
  return {
    data: {
      ...(data as DraftData<'turn.completed'>),
      ...(marked !== undefined && { marks: redactExtras(marked.words, marks ?? [], mode) }),
      ...(heard !== undefined && { heardText: heard }),
      ...(spoken !== undefined && { words: redactExtras(spoken.words, words ?? [], mode) }),
    },
    // The heard text and the words repeat the text.
    count: Math.max(count, spoken?.count ?? 0, marked?.count ?? 0, heard === heardText ? 0 : 1),
  };
}

interface Piece {
  readonly text: string;
  readonly extra?: Record<string, JsonValue> | undefined;
}

/**
 * The unknown fields of the pieces of a turn. Those of a piece that was redacted are removed, because they may repeat
 * its text.
 */
function redactExtras<T extends Piece>(
  redacted: readonly T[],
  given: readonly T[],
  mode: RedactionMode,
): T[] {
  return redacted.map((piece, index) => {
    if (piece.extra === undefined) return piece;
    const isWhole = piece.text === given[index]?.text;
    const extra = isWhole ? redactJson(piece.extra, mode).value : undefined;
    const fields = Object.entries(piece).filter(([name]) => name !== 'extra');
    return Object.fromEntries(extra === undefined ? fields : [...fields, ['extra', extra]]) as T;
  });
}

function redactTool(tool: DraftData<'tool.called'>, mode: RedactionMode): Redacted {
  const { arguments: given, result, ...texts } = tool;
  const { data, count } = redactTexts(texts, mode);
  const free = redactFields({ arguments: given, result }, mode);
  return { data: { ...(data as DraftData<'tool.called'>), ...free.values }, count: count + free.count };
}

/** Every text of an object, and nothing else of it. */
function redactTexts(data: object, mode: RedactionMode): Redacted {
  let count = 0;
  const fields = Object.entries(data as Record<string, unknown>).map(([name, value]) => {
    if (typeof value !== 'string') return [name, value];
    const redacted = redactText(value, mode);
    count += redacted.count;
    return [name, redacted.text];
  });
  return { data: Object.fromEntries(fields) as EventDraft['data'], count };
}
