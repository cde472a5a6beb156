import { ExactNumber, type JsonValue } from '@turnlog/call-events';
import type { StoredCall } from '@turnlog/call-store';
import { isDeepStrictEqual } from 'node:util';
import type { ScriptStep } from './agent-script.ts';

/** What a call's record must have after an agent has reported a script. */
export interface Expectation {
  readonly turns: readonly { readonly speaker: string; readonly text: string }[];
  readonly collectedData: Readonly<Record<string, JsonValue>>;
  readonly outcome: string | null;
}

type Fields = Readonly<Record<string, JsonValue>>;

/** The record that a script leads to. */
export function expectationOf(steps: readonly ScriptStep[]): Expectation {
  const messagesOf = (event: string): Fields[] =>
    steps.map(({ message }) => message).filter((message) => message.event === event);
  const turns = messagesOf('turn').map(({ turn }) => {
    const { speaker, text } = fieldsOf(turn);
    return { speaker: textOf(speaker), text: textOf(text) };
  });
  const collected = messagesOf('collect').flatMap(({ data }) => Object.entries(fieldsOf(data)));
  const outcome = textOf(messagesOf('outcome').at(-1)?.['outcome']) || null;
  return { turns, collectedData: Object.fromEntries(collected), outcome };
}

/** All differences between a record and what is expected, in words. */
export function compareWithExpectation(call: StoredCall, expected: Expectation): string[] {
  const turns = call.full_transcript.map(({ speaker, text }) => ({ speaker, text }));
  const problems: string[] = [];
  if (call.status !== 'completed') problems.push(`its status is ${call.status}, not completed`);
  if (turns.length !== expected.turns.length) {
    problems.push(`it has ${turns.length} turns, not ${expected.turns.length}`);
  } else if (!isDeepStrictEqual(turns, expected.turns)) {
    problems.push('its turns are not those that were spoken, in their order');
  }
  if (!isDeepStrictEqual(call.collected_data, expected.collectedData)) {
    problems.push('its collected data are not what was collected');
  }
  if (call.outcome !== expected.outcome) {
    problems.push(`its outcome is ${call.outcome ?? 'nothing'}, not ${expected.outcome ?? 'nothing'}`);
  }
  return problems;
}

/** The same for a call of which only its end is known in advance. */
export function compareWithEnd({ ended_at, status }: StoredCall): string[] {
  return ended_at === null ? [`its status is ${status}, without an end`] : [];
}

function fieldsOf(value: JsonValue | undefined): Fields {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject && !(value instanceof ExactNumber) ? value : {};
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : '';
}
