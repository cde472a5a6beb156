import { countingTurns, stringifyJson, toTranscriptTurn, type CallState } from '@turnlog/call-events';

/**
 * The live transcript, `transcript_history`, from an index on: one JSON text per event of a turn, in the order of the log. A
 * list in that order only ever grows at its end; readers who want the spoken order sort by `timestamp`. A turn that was
 * reported in several revisions is there several times: the last text of an `id` is what it came to.
 */
export function transcriptHistoryFrom(state: CallState, index: number): string[] {
  const reported = state.turns.from(index);
  if (state.supersededTurns === 0) return reported.map((turn) => stringifyJson(toTranscriptTurn(turn)));
  const counting = new Map(countingTurns(state).map((turn) => [turn.id, turn]));
  return reported.map((turn) => stringifyJson(toTranscriptTurn(counting.get(turn.id) ?? turn)));
}
