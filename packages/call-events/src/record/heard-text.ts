import { type EventOf } from '../events/call-event.ts';
import { type CallState } from '../fold/call-state.ts';

type Turn = EventOf<'turn.completed'>;
type SpokenMark = NonNullable<Turn['data']['marks']>[number];

/** What is known of a call's marks. */
export type MarkEvidence = Pick<CallState, 'playedMarks' | 'clearedMarks'>;

/** The agent's id of a turn is the id of its event behind this. */
const TURN_ID = /^turn:(.+)$/s;

/**
 * A turn of which some audio was cleared, with the text that the caller heard: that of its marks that were played. What
 * the agent itself reports takes precedence. A mark that was both played and cleared names two pieces of audio, and is
 * ignored.
 */
export function withHeardText(turn: Turn, { playedMarks, clearedMarks }: MarkEvidence): Turn {
  const isPlayed = ({ name }: SpokenMark) => playedMarks.has(name) && !clearedMarks.has(name);
  const isCleared = ({ name }: SpokenMark) => clearedMarks.has(name) && !playedMarks.has(name);
  const marks = marksOf(turn);
  if (!marks.some(isCleared)) return turn;
  const heard = marks.filter(isPlayed).map(({ text }) => text);
  const { interrupted = true, heardText = heard.join('') } = turn.data;
  return { ...turn, data: { ...turn.data, interrupted, heardText } };
}

/** The marks that a turn names; without any, a mark of the turn's own id covers all of it. */
function marksOf({ id, data }: Turn): readonly SpokenMark[] {
  if (data.marks !== undefined) return data.marks;
  const name = data.speaker === 'user' ? undefined : TURN_ID.exec(id)?.[1];
  return name === undefined ? [] : [{ name, text: data.text }];
}
