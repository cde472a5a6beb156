import { callId, type CallKey } from '@turnlog/call-events';
import { createPersistedCalls } from '@turnlog/call-log';
import type { CallStore } from '@turnlog/call-store';
import { CommandError } from '../command-error.ts';
import { findServers, type AskedServers } from '../connections/find-servers.ts';
import { openRedis } from '../connections/with-redis.ts';
import type { Terminal } from '../terminal.ts';

const PAGE = 200;

/**
 * The calls that are in Postgres according to Redis, but that Postgres lacks in part: it lost commits, and
 * persisters have not repaired them yet. None without a known Redis; one that is known and cannot be reached
 * is reported.
 */
export async function findLostCalls(
  asked: AskedServers,
  store: CallStore,
  terminal: Terminal,
): Promise<CallKey[]> {
  const { redisUrl, space } = await findServers(asked, terminal);
  if (redisUrl === undefined) return [];
  try {
    return await openRedis(redisUrl, async (redis) => {
      const lost = new Map<string, CallKey>();
      for await (const claims of createPersistedCalls(redis, space).claims(PAGE))
        for (const { call } of await store.findMissing(claims)) lost.set(callId(call), call);
      return [...lost.values()];
    });
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    terminal.err.write(`${error.message} So it is not known whether Postgres lost calls that Redis has.\n`);
    return [];
  }
}
