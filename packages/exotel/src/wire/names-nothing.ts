import { saysNothing } from '../callbacks/says-nothing.ts';

/** Identifiers are longer than the words for "nothing", and each frame has one. */
const MAX_CHARACTERS = 64;

/** What stands where a template was not filled in, or a program had no value. */
const PLACEHOLDER = /^\s*(?:\[object \w+\]|\{\{?\s*\w*\s*\}?\}|\$\{?\w*\}?|%\w*%|<\w*>)\s*$/;

/** Whether an identifier names nothing, such as `None` or `{{CallSid}}`: all calls of that name would become one. */
export function namesNothing(id: string): boolean {
  return id.length <= MAX_CHARACTERS && (saysNothing(id) || PLACEHOLDER.test(id));
}
