import { createHash } from 'node:crypto';
import { ExactNumber, type CallEvent, type JsonValue } from '@turnlog/call-events';
import { type AgentMessage } from './planned-call.ts';

/** The content of an event, however it travelled: it must arrive unchanged. */
export type Content = Readonly<Record<string, JsonValue>>;

const MESSAGE_OF_TYPE: ReadonlyMap<CallEvent['type'], string> = new Map([
  ['turn.completed', 'turn'],
  ['data.collected', 'collect'],
  ['stage.changed', 'stage'],
  ['outcome.decided', 'outcome'],
  ['tool.called', 'tool'],
  ['objection.raised', 'objection'],
]);

/** Turnlog's id for the event of a message: its kind, and the agent's id. */
export function eventIdOf({ event, id }: Pick<AgentMessage, 'event' | 'id'>): string {
  return `${event}:${id}`;
}

/** The content of a message. Its time must be given, in Unix ms. */
export function contentOfMessage(message: AgentMessage): Content {
  const { event, timestamp, ...others } = message;
  const said = Object.fromEntries(Object.entries(others).filter(([name]) => name !== 'id'));
  return { event, at: new Date(Number(timestamp)).toISOString(), ...flatten(event, said) };
}

/** The content of an archived event; `undefined` for events that no agent reports. */
export function contentOfEvent(event: CallEvent): Content | undefined {
  const name = MESSAGE_OF_TYPE.get(event.type);
  return name === undefined ? undefined : { event: name, at: event.at, ...(event.data as Content) };
}

/** A hash of the content, independent of the order of its keys. */
export function hashOf(content: Content): string {
  return createHash('sha256').update(canonical(content)).digest('hex').slice(0, 16);
}

function flatten(event: string, said: Content): Content {
  if (event === 'turn') return said['turn'] as Content;
  if (event === 'collect') return { fields: said['data'] ?? null };
  return said;
}

/** A giant value that many messages share is encoded once. */
const canonicalGiants = new WeakMap<readonly JsonValue[], string>();
const GIANT_LENGTH = 10_000;

function canonicalArray(values: readonly JsonValue[]): string {
  const known = canonicalGiants.get(values);
  if (known !== undefined) return known;
  const text = `[${values.map(canonical).join(',')}]`;
  if (values.length >= GIANT_LENGTH) canonicalGiants.set(values, text);
  return text;
}

function canonical(value: JsonValue): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return canonicalArray(value);
  if (value instanceof ExactNumber) return value.toString();
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`).join(',')}}`;
}
