import { type Redis } from 'ioredis';
import { type KeySpace } from '../keys.ts';
import { type CallLog } from './call-log.ts';
import { createPageReader, followLog, type LogRequest } from './page-reader.ts';

/** {@link readCallLogs} of one Redis: the logs in the order of the requests. */
export type ReadCallLogs = (requests: readonly LogRequest[]) => Promise<CallLog[]>;

/** Reads whole logs into memory, for tools and tests. Services use {@link createPageReader}. */
export async function readCallLogs(
  redis: Redis,
  space: KeySpace,
  requests: readonly LogRequest[],
): Promise<CallLog[]> {
  const readPages = createPageReader(redis, space);
  const firstPages = await readPages(requests);
  return Promise.all(
    firstPages.map(async (first) => {
      if (first.isLast) return first;
      const entries = [];
      for await (const page of followLog(readPages, first)) entries.push(...page.entries);
      const { call, epoch, lastSeq, persistedSeq } = first;
      return { call, epoch, lastSeq, persistedSeq, entries };
    }),
  );
}
