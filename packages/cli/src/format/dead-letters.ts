import { callId } from '@turnlog/call-events';
import type { StoredDeadLetter } from '@turnlog/call-log';
import type { WallClock } from './clock.ts';
import { visibleText } from './visible-text.ts';

/** A dead letter without the bytes that could not be persisted. */
export type DeadLetterSummary = Omit<StoredDeadLetter, 'original'>;

/** A dead letter with the bytes that could not be persisted, as far as they are shown. */
export interface ShownDeadLetter extends StoredDeadLetter {
  /** The number of further events in the log. */
  readonly notShown?: number;
}

/** Dead letters, the oldest first. */
export function formatDeadLetters(letters: readonly DeadLetterSummary[], clock: WallClock): string {
  if (letters.length === 0) return '✉️  There are no dead letters.';
  const callOf = ({ call }: DeadLetterSummary) => visibleText(callId(call));
  const idWidth = Math.max(...letters.map(({ id }) => id.length));
  const callWidth = Math.max(...letters.map((letter) => callOf(letter).length));
  const lines = letters.map((letter) => {
    const { id, kind, seq, reason, detail, atMs } = letter;
    const columns = [id.padEnd(idWidth), callOf(letter).padEnd(callWidth), clock.dateTime(new Date(atMs))];
    return `${columns.join('  ')}  ${kind} ${seq}: ${reason} ${visibleText(detail)}`.trimEnd();
  });
  return [
    `✉️  ${letters.length} dead letter(s), the oldest first:`,
    '',
    ...lines,
    '',
    'Show one with "dead-letters show <id>"; persist it again with "dead-letters replay <id>".',
  ].join('\n');
}

/** One dead letter with the bytes that could not be persisted. */
export function formatDeadLetter(letter: ShownDeadLetter, clock: WallClock): string {
  const originals = letter.original.split('\n').filter((line) => line !== '');
  return [
    `✉️  Dead letter ${letter.id}`,
    `  Call:    ${visibleText(callId(letter.call))}`,
    `  What:    ${letter.kind === 'call' ? `the call up to event ${letter.seq}` : `event ${letter.seq}`}`,
    `  Reason:  ${letter.reason}`,
    `  Detail:  ${visibleText(letter.detail)}`,
    `  When:    ${clock.dateTime(new Date(letter.atMs))}`,
    ...pointerLines(letter),
    '  Original:',
    ...originals.map((line) => `    ${visibleText(line)}`),
    ...(letter.notShown === undefined ? [] : [`    … and ${letter.notShown} more event(s) in the log`]),
  ].join('\n');
}

function pointerLines({ log }: ShownDeadLetter): string[] {
  if (log === undefined) return [];
  const { fromSeq, toSeq, epoch, bytes } = log;
  const size = bytes === undefined ? '' : `, ${bytes} bytes`;
  return [
    `  Log:     events ${fromSeq} to ${toSeq} of epoch ${epoch}${size}; it is kept for this dead letter`,
  ];
}
