import { expect, test } from '@jest/globals';
import { callOf, eventOf, turn } from '@turnlog/call-events/testing';
import { toNewEvent, type Appender, type AppendRequest } from '@turnlog/call-log';
import { waitUntil } from '@turnlog/test-kit';
import { SpoolOutbox } from './spool-outbox.ts';

const BACKOFF = { minMs: 1, maxMs: 5 };
const WRONG_TYPE = 'WRONGTYPE Operation against a key holding the wrong kind of value';

function requestOf(callSid: string): AppendRequest {
  const call = callOf(callSid);
  const event = toNewEvent(eventOf(turn('word'), { call }), { rememberId: true });
  return { call, events: [event], mode: 'unordered' };
}

/** Accepts events, except for calls with a problem. */
function takingUnless(problemOf: (callSid: string) => string | undefined): Appender {
  return {
    append: ({ call }) => {
      const problem = problemOf(call.callSid);
      if (problem !== undefined)
        return Promise.reject(Object.assign(new Error(problem), { name: 'ReplyError' }));
      return Promise.resolve({ outcome: 'ok', epoch: 'e', results: [{ status: 'appended', seq: 1 }] });
    },
  };
}

test('events that Redis refuses for what they are about hold up no others, however many they are', async () => {
  let isBroken = true;
  const problemOf = (callSid: string) => (isBroken && callSid.startsWith('broken') ? WRONG_TYPE : undefined);
  const seen: string[] = [];
  const outbox = new SpoolOutbox(takingUnless(problemOf), BACKOFF, {
    onStalled: () => seen.push('stalled'),
    onAnswered: () => seen.push('answered'),
  });
  const delivered = new Set<string>();
  const deliver = (callSid: string) => outbox.deliver(requestOf(callSid), () => delivered.add(callSid));
  for (let number = 0; number < 200; number += 1) deliver(`broken-${number}`);
  deliver('well');
  await waitUntil(() => delivered.has('well'), { what: 'the event behind them is delivered' });
  expect([delivered.size, outbox.events, outbox.isEmpty]).toEqual([1, 200, true]);
  expect(seen).not.toContain('stalled');

  isBroken = false;
  await outbox.whenIdle();
  expect([delivered.size, outbox.events, outbox.bytes]).toEqual([201, 0, 0]);
});

test('while Redis takes nothing, each keeps its turn', async () => {
  let isAway = true;
  const asked: string[] = [];
  const problemOf = (callSid: string) => {
    if (!isAway) asked.push(callSid);
    return isAway ? 'OOM command not allowed' : undefined;
  };
  let stalls = 0;
  const outbox = new SpoolOutbox(takingUnless(problemOf), BACKOFF, {
    onStalled: () => (stalls += 1),
    onAnswered: () => undefined,
  });
  const calls = Array.from({ length: 150 }, (_, number) => `CA-${number}`);
  for (const callSid of calls) outbox.deliver(requestOf(callSid), () => undefined);
  await waitUntil(() => stalls > 3, { what: 'it was tried some times' });
  isAway = false;
  await outbox.whenIdle();
  expect(asked).toEqual(calls);
});
