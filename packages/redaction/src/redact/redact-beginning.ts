import { findPersonalData } from '../find/find-personal-data.ts';
import { type RedactionMode } from './mode.ts';
import { redactText, replaceFound } from './redact-text.ts';

/**
 * The part of a text that was heard. A number that is cut off is not recognized any more and would show most
 * of its digits, so finds of the whole text also apply to its beginning.
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
