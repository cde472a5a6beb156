import { type ConnectionEnd } from './call-state.ts';
import { compareOrder } from './order.ts';

/** The reasons that the sweep gives an end when no other is known. */
const GUESSES = new Set(['gateway_lost', 'quiet']);

/** Whether this end only means that no event came for a while. */
export function isQuiet({ kind, value }: ConnectionEnd): boolean {
  return kind === 'disconnected' && value === 'quiet';
}

/** Negative when `b` outweighs `a`: the carrier's end outweighs a gateway's, which outweighs the sweep's; then the later one. */
export function compareEnds(a: ConnectionEnd, b: ConnectionEnd): number {
  return rankOf(a) - rankOf(b) || compareOrder(a.order, b.order);
}

function rankOf({ kind, value }: ConnectionEnd): number {
  if (kind === 'ended') return 2;
  return GUESSES.has(value) ? 0 : 1;
}
