import { test } from '@jest/globals';
import { APPEND_CONTRACT, checkContract } from './append-contract.ts';
import { FaultyLog } from './faulty-log.ts';

test.each(APPEND_CONTRACT)('the faulty log keeps the contract of the append: $name', (clause) =>
  checkContract(clause, (_call, maxEvents) => {
    const log = new FaultyLog([], maxEvents);
    return {
      append: (request) => log.append(request),
      texts: () => Promise.resolve(log.entries.map(({ text }) => text)),
      lose: () => {
        log.lose();
        return Promise.resolve();
      },
    };
  }),
);
