import { type ConnectionEnd } from './call-state.ts';
import { compareOrder } from './order.ts';

/** What the sweep wrote because nobody else said anything. */
const GUESSES = new Set(['gateway_lost', 'quiet']);

/** Whether this end says no more than that nobody said anything. */
export function isQuiet({ kind, value }: ConnectionEnd): boolean {
  return kind === 'disconnected' && value === 'quiet';
}

/** Negative when `a` has less to say: the carrier's word counts most, then a gateway's, then a guess; then the later one. */
export function compareEnds(a: ConnectionEnd, b: ConnectionEnd): number {
  return rankOf(a) - rankOf(b) || compareOrder(a.order, b.order);
}

function rankOf({ kind, value }: ConnectionEnd): number {
  if (kind === 'ended') return 2;
  return GUESSES.has(value) ? 0 : 1;
}
