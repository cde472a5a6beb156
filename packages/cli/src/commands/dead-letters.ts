import { createPageReader, DeadLetters, type KeySpace, type StoredDeadLetter } from '@turnlog/call-log';
import type { Redis } from 'ioredis';
import { CommandError, UsageError, reasonOf } from '../command-error.ts';
import { defineCommand } from '../command.ts';
import { withRedis } from '../connections/with-redis.ts';
import { redisFlags, switchFlag } from '../flags.ts';
import { clockFlags, clockOf } from '../format/clock.ts';
import {
  formatDeadLetter,
  formatDeadLetters,
  type DeadLetterSummary,
  type ShownDeadLetter,
} from '../format/dead-letters.ts';

export const command = defineCommand({
  usage: 'dead-letters list | show <id> | replay <id> | replay --all',
  count: [1, 2],
  details: [
    'A replayed dead letter goes back to the persister; if it is refused again, it returns as a new one.',
  ],
  flags: { all: switchFlag('replay every dead letter'), ...clockFlags, ...redisFlags },
  run: ({ values, positionals: [action = '', id] }, terminal) =>
    withRedis(values, terminal, async ({ redis, space }) => {
      const letters = new DeadLetters(redis, space);
      const clock = clockOf(values);
      const onUnreadable = (key: string, error: unknown): void =>
        void terminal.err.write(
          `The dead letters in ${key} can't be read: ${reasonOf(error)}. The others are listed.\n`,
        );
      switch (action) {
        case 'list': {
          const document = (await letters.list(onUnreadable)).map(summaryOf);
          return { document, text: formatDeadLetters(document, clock) };
        }
        case 'show': {
          const document = await withContent(redis, space, await getOrThrow(letters, id));
          return { document, text: formatDeadLetter(document, clock) };
        }
        case 'replay': {
          const document = await replay(letters, await chosen(letters, id, values.all, onUnreadable));
          return { document, text: describeReplay(document), exitCode: document.kept.length === 0 ? 0 : 1 };
        }
        default:
          throw new UsageError(`Unknown action "${action}" for dead letters.`);
      }
    }),
});

/** A dead letter without the words of the call, which `show` has. */
function summaryOf({ original: _original, ...summary }: StoredDeadLetter): DeadLetterSummary {
  return summary;
}

/** This many events of a log are shown of a dead letter that points at it. */
const MAX_SHOWN_BYTES = 256 * 1024;

/** A dead letter with the start of the log that it points at. */
async function withContent(
  redis: Redis,
  space: KeySpace,
  letter: StoredDeadLetter,
): Promise<ShownDeadLetter> {
  if (letter.log === undefined) return letter;
  const { fromSeq, toSeq } = letter.log;
  const limits = { maxEntries: toSeq - fromSeq + 1, maxBytes: MAX_SHOWN_BYTES };
  const [page] = await createPageReader(redis, space, limits)([{ call: letter.call, fromSeq }]);
  const entries = (page?.entries ?? []).filter(({ seq }) => seq <= toSeq);
  const original = entries.map(({ text }) => text).join('\n');
  const notShown = toSeq - (entries.at(-1)?.seq ?? fromSeq - 1);
  return { ...letter, original, ...(notShown > 0 && { notShown }) };
}

async function chosen(
  letters: DeadLetters,
  id: string | undefined,
  all: boolean,
  onUnreadable: (key: string, error: unknown) => void,
): Promise<StoredDeadLetter[]> {
  if (all === (id !== undefined)) throw new UsageError('Name one dead letter, or use --all.');
  return all ? letters.list(onUnreadable) : [await getOrThrow(letters, id)];
}

async function getOrThrow(letters: DeadLetters, id: string | undefined): Promise<StoredDeadLetter> {
  if (id === undefined) throw new UsageError('Name a dead letter.');
  const letter = /^\d+:\d+-\d+$/.test(id) ? await letters.get(id) : undefined;
  if (letter === undefined)
    throw new CommandError(`There is no dead letter "${id}"; "dead-letters list" lists all of them.`);
  return letter;
}

/** The results of a replay, as ids. */
interface Replay {
  readonly replayed: string[];
  /** Their calls have expired in Redis: the dead letters stay, as the last copies. */
  readonly kept: string[];
  /** These were replayed in the meantime. */
  readonly gone: string[];
}

async function replay(letters: DeadLetters, chosenLetters: readonly StoredDeadLetter[]): Promise<Replay> {
  const result: Replay = { replayed: [], kept: [], gone: [] };
  for (const letter of chosenLetters) {
    if (await letters.replay(letter)) result.replayed.push(letter.id);
    else if (await letters.get(letter.id)) result.kept.push(letter.id);
    else result.gone.push(letter.id);
  }
  return result;
}

function describeReplay({ replayed, kept, gone }: Replay): string {
  const lines = [`♻️  ${replayed.length} dead letter(s) handed back to the persister.`];
  if (gone.length > 0) lines.push(`${gone.length} had been replayed in the meantime.`);
  if (kept.length > 0) {
    lines.push(
      `${kept.length} could not be: the log of the call has expired in Redis. The dead letter stays, as its last copy:`,
      ...kept.map((id) => `  dead-letters show ${id}`),
    );
  }
  return lines.join('\n');
}
