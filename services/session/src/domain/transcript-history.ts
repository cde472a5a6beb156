import { countingTurns, stringifyJson, toTranscriptTurn, type CallState } from '@turnlog/call-events';

/**
 * The live transcript, `transcript_history`, from an index on: one JSON text per event of a turn, in the order of the
 * log, so that the list only grows at its end. Sort by `timestamp` for the spoken order; of several texts with one `id`
 * the last one takes precedence.
 */
export function transcriptHistoryFrom(state: CallState, index: number): string[] {
  const reported = state.turns.from(index);
  if (state.supersededTurns === 0) return reported.map((turn) => stringifyJson(toTranscriptTurn(turn)));
  const counting = new Map(countingTurns(state).map((turn) => [turn.id, turn]));
  return reported.map((turn) => stringifyJson(toTranscriptTurn(counting.get(turn.id) ?? turn)));
}
