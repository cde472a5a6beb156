import { afterAll, beforeAll, test } from '@jest/globals';
import { openTestLog } from '../call-log.test-support.ts';
import { callKeys } from '../keys.ts';
import { readCallLogs } from '../read/call-reader.ts';
import { APPEND_CONTRACT, checkContract } from '../testing/append-contract.ts';
import { createAppender } from './appender.ts';

let log: Awaited<ReturnType<typeof openTestLog>>;
beforeAll(async () => (log = await openTestLog()));
afterAll(() => log.close());

test.each(APPEND_CONTRACT)('the script in Redis keeps the contract of the append: $name', (clause) =>
  checkContract(clause, (call, maxEvents) => ({
    append: (request) => createAppender(log.redis, log.space, { maxEvents }).append(request),
    texts: async () => {
      const [read] = await readCallLogs(log.redis, log.space, [{ call, fromSeq: 1 }]);
      return (read?.entries ?? []).map(({ text }) => text);
    },
    lose: async () => {
      const keys = callKeys(log.space, call);
      await log.redis.del(keys.head, keys.log, keys.ids);
    },
  })),
);
