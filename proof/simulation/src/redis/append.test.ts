import { test } from '@jest/globals';
import { APPEND_CONTRACT, checkContract } from '@turnlog/call-log/testing';
import { append } from './append.ts';
import { RedisModel } from './redis-model.ts';

test.each(APPEND_CONTRACT)('the model of Redis keeps the contract of the append: $name', (clause) => {
  let nowMs = 0;
  const model = new RedisModel({
    space: { prefix: 'test', partitions: 2 },
    now: () => (nowMs += 1),
    sabotage: undefined,
    onAppended: () => undefined,
    onLogExpired: () => undefined,
  });
  return checkContract(clause, (call, maxEvents) => ({
    append: (request) => Promise.resolve(append(model, request, { maxEvents, maxBytes: 1e6 })),
    texts: () => Promise.resolve(model.call(call).log),
    lose: () => {
      const stored = model.call(call);
      stored.head = undefined;
      stored.log = [];
      stored.ids.clear();
      return Promise.resolve();
    },
  }));
});
