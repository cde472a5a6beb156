import { type EventOf } from '../events/call-event.ts';
import { type CallState } from '../fold/call-state.ts';
import { compareOrder, orderOf } from '../fold/order.ts';

/** A key pressed later than this after the one before it starts a new entry. */
const ENTRY_GAP_MS = 5_000;
/**
 * The digits of an entry with more digits than this may be a number of a card, an account or a phone, or a PIN. The check
 * number of a card has three.
 */
const MAX_SHOWN_DIGITS = 2;

/**
 * The keys that the caller pressed, in their order, as entries with blanks between them, such as `1 2# xxxx`: the digits of
 * a long entry are written as `x`. `undefined` if no key was pressed.
 */
export function toKeysPressed({ dtmfDigits }: CallState): string | undefined {
  if (dtmfDigits.length === 0) return undefined;
  const keys = dtmfDigits.toArray().sort((a, b) => compareOrder(orderOf(a), orderOf(b)));
  return toEntries(keys).map(hideDigits).join(' ');
}

function toEntries(keys: readonly EventOf<'dtmf.pressed'>[]): string[] {
  const entries: string[] = [];
  let lastAtMs = -Infinity;
  for (const { at, data } of keys) {
    const atMs = Date.parse(at);
    const entry = atMs - lastAtMs > ENTRY_GAP_MS ? '' : (entries.pop() ?? '');
    entries.push(entry + data.digit);
    lastAtMs = atMs;
  }
  return entries;
}

function hideDigits(entry: string): string {
  const digits = entry.match(/\d/g)?.length ?? 0;
  return digits > MAX_SHOWN_DIGITS ? entry.replace(/\d/g, 'x') : entry;
}
