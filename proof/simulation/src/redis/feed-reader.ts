import { type FeedBatch, type FeedEntry, type FeedReader } from '@turnlog/call-log';
import { type SimProcess } from '../kernel/sim-process.ts';
import { claimIdle, ensureGroups, readNew, readOwnPending, type FeedClient } from './feeds.ts';
import { type RedisAccess } from './redis-access.ts';

/** How long a command may take before it fails, as with the real client. */
export const COMMAND_TIMEOUT_MS = 5_000;
/** How much longer than the server's own limit a blocking read may take, as with the real client. */
const BLOCKING_GRACE_MS = 1_000;

/** The consumer of a feed, and its time-outs. */
export interface ReaderOptions extends FeedClient {
  readonly blockMs: number;
  /** How long an entry stays with an idle consumer before another one claims it. */
  readonly claimIdleMs: number;
}

/** A process's view of a feed: own pending entries, those of dead consumers, and new ones. */
export function createReader(
  process: SimProcess,
  { server, model, scheduler }: RedisAccess,
  { blockMs, claimIdleMs, ...client }: ReaderOptions,
): FeedReader {
  const read = (what: string, effect: () => FeedEntry[]): Promise<FeedEntry[]> =>
    process.request({
      server,
      what: `${client.feed} ${what}`,
      kind: 'read',
      effect,
      timeoutMs: COMMAND_TIMEOUT_MS,
      describe: describeEntries,
    });

  const ownPending = async function* (): AsyncGenerator<FeedBatch> {
    if (model.sabotage === 'own-pending-read') return;
    const cursors: (string | undefined)[] = [];
    for (;;) {
      const entries = await read('own pending', () => readOwnPending(model, client, cursors));
      if (entries.length === 0) return;
      for (const { partition, id } of entries) cursors[partition] = id;
      yield { entries, lost: 0 };
    }
  };

  const reclaimed = async function* (): AsyncGenerator<FeedBatch> {
    if (model.sabotage === 'reclaim') return;
    const entries = await read('claim', () => claimIdle(model, client, claimIdleMs));
    if (entries.length > 0) yield { entries, lost: 0 };
  };

  /** Answers at once if there are new entries, else when one comes, or with nothing after the block. */
  const blockForNew = (onBreak: (act: () => void) => void): FeedEntry[] | Promise<FeedEntry[]> => {
    const found = readNew(model, client);
    if (found.length > 0) return found;
    return new Promise((resolve) => {
      const stopWaiting = (): void => {
        forget();
        cancelBlock();
      };
      const serve = (): void => {
        stopWaiting();
        resolve(readNew(model, client));
      };
      const forget = model.onNewEntry(client.feed, serve);
      const cancelBlock = scheduler.after(blockMs, serve);
      onBreak(stopWaiting);
    });
  };

  return {
    untilReady: () =>
      process.request({ server, what: 'connect', effect: () => undefined, timeoutMs: COMMAND_TIMEOUT_MS }),
    ensureGroups: () =>
      process.request({
        server,
        what: `${client.feed} groups`,
        effect: () => ensureGroups(model, client.feed),
        timeoutMs: COMMAND_TIMEOUT_MS,
      }),
    ownPending,
    reclaimed,
    readNew: async () => ({
      entries: await process.request({
        server,
        what: `${client.feed} read`,
        kind: 'read',
        effect: blockForNew,
        timeoutMs: blockMs + BLOCKING_GRACE_MS,
        onTimeout: () => [],
        describe: describeEntries,
      }),
      lost: 0,
    }),
    interrupt: () => process.die(),
    leave: () => Promise.resolve(),
  };
}

function describeEntries(entries: readonly FeedEntry[]): string {
  return entries.map(({ id, call, seq, reason }) => `${id}:${call.callSid}:${seq}${reason}`).join(' ');
}
