import { findPersonalData } from '../find/find-personal-data.ts';
import { type RedactionMode } from './mode.ts';
import { redactText, replaceFound } from './redact-text.ts';

/**
 * The part of a text that was heard of it. Where it breaks off within a number, it is no number any more, and would show
 * most of one: what is personal in the whole is so in its beginning.
 */
export function redactBeginning(beginning: string, whole: string, mode: RedactionMode): string {
  if (mode === 'none') return beginning;
  if (!whole.startsWith(beginning)) return redactText(beginning, mode).text;
  const found = findPersonalData(whole)
    .filter(({ start }) => start < beginning.length)
    .map((each) =>
      each.end <= beginning.length ? each : { kind: each.kind, start: each.start, end: beginning.length },
    );
  return replaceFound(beginning, found, mode);
}
