import { expect, test } from '@jest/globals';
import { callOf, eventOf } from '@turnlog/call-events/testing';
import { toNewEvent, type AppendRequest } from '@turnlog/call-log';
import { createLogger } from '@turnlog/service-kit';
import { type SpoolRecord } from '@turnlog/spool';
import { waitUntil } from '@turnlog/test-kit';
import { Retention } from '../retention/retention.ts';
import { replaySpool } from './replay-spool.ts';
import { SpoolOutbox } from '../by-id/spool-outbox.ts';

const BACKOFF = { minMs: 1, maxMs: 20 };

function recordOf(callSid: string): SpoolRecord {
  const origin = { call: callOf(callSid), source: `connection-${callSid}`, sourceSeq: 1 };
  const event = eventOf(['dtmf.pressed', { digit: '1' }], origin);
  return { ...toNewEvent(event, { rememberId: false }), mode: 'ordered' };
}

test('calls that Redis refuses for what they are about do not keep the others of a spool from it', async () => {
  let isBroken = true;
  const taken = new Set<string>();
  const append = ({ call: { callSid }, events }: AppendRequest) => {
    if (isBroken && callSid.startsWith('broken'))
      return Promise.reject(Object.assign(new Error('WRONGTYPE of its own'), { name: 'ReplyError' }));
    taken.add(callSid);
    const results = events.map(() => ({ status: 'appended', seq: 1 }) as const);
    return Promise.resolve({ outcome: 'ok', epoch: 'e', results } as const);
  };
  const nothing = () => undefined;
  const broken = Array.from({ length: 100 }, (_, number) => recordOf(`broken-${number}`));
  let isRemoved = false;
  const remove = () => {
    isRemoved = true;
    return Promise.resolve();
  };
  const replayed = replaySpool(
    { records: [...broken, recordOf('well')], damaged: 0, remove },
    {
      outbox: new SpoolOutbox({ append }, BACKOFF, { onStalled: nothing, onAnswered: nothing }),
      retention: new Retention(() => Promise.resolve([]), 60_000),
      producer: {
        appender: { append },
        limits: { maxPendingBytes: 1e6, maxRetainedBytes: 1e6, backoff: BACKOFF },
        observer: { onRetry: nothing, onResult: nothing, onGap: nothing },
      },
      logger: createLogger({ service: 'test', destination: { write: () => undefined } }),
      now: () => 1_000,
    },
  );
  await waitUntil(() => taken.has('well'), { what: 'the call behind them is in Redis', timeoutMs: 10_000 });
  expect([taken.size, isRemoved]).toEqual([1, false]);
  isBroken = false;
  await replayed;
  expect([taken.size, isRemoved]).toEqual([101, true]);
});
