import { toTranscriptTurn, type CallState } from '@turnlog/call-events';

/**
 * The live transcript, `transcript_history`, from an index on: one JSON text per turn, in the order of the log. A list in
 * that order only ever grows at its end; readers who want the spoken order sort by `timestamp`.
 */
export function transcriptHistoryFrom({ turns }: CallState, index: number): string[] {
  return turns.from(index).map((turn) => JSON.stringify(toTranscriptTurn(turn)));
}
