import { expect, test } from '@jest/globals';
import { type AgentMessage } from './messages.ts';
import { Outbox } from './outbox.ts';

const message = (id: string, text = 'x'): AgentMessage => ({ event: 'stage', id, timestamp: 0, stage: text });

test('a message is answered by its id, and then forgotten', async () => {
  const outbox = new Outbox(1_000);
  const answered = outbox.add(message('a'));
  const refused = outbox.add(message('b'));
  outbox.acknowledge({ id: 'a', status: 'appended', seq: 7 });
  outbox.refuse('b', 'call_full', 'the call is full');
  expect(await answered).toEqual({ id: 'a', status: 'appended', seq: 7 });
  await expect(refused).rejects.toMatchObject({ code: 'call_full', message: 'the call is full' });
  expect(outbox.size).toBe(0);
});

test('more than it may keep is refused with a clear error, and fits again once there is room', async () => {
  const outbox = new Outbox(200);
  const first = outbox.add(message('a', 'x'.repeat(100)));
  await expect(outbox.add(message('b', 'ü'.repeat(30)))).rejects.toMatchObject({
    code: 'buffer_full',
    message: expect.stringContaining('maxBufferedBytes'),
  });
  expect([...outbox.pending].map(({ message: { id } }) => id)).toEqual(['a']);
  outbox.acknowledge({ id: 'a', status: 'appended', seq: 1 });
  await first;
  outbox.add(message('b', 'ü'.repeat(30))).catch(() => undefined);
  expect(outbox.size).toBe(1);
});

test('the same message again is the same promise, another one of its id an error', async () => {
  const outbox = new Outbox(1_000);
  const first = outbox.add(message('a'));
  expect(outbox.add(message('a'))).toBe(first);
  await expect(outbox.add(message('a', 'y'))).rejects.toMatchObject({ code: 'id_in_use' });
  expect(outbox.size).toBe(1);
});

test('an answer that is not awaited does not end the process', async () => {
  const unhandled: unknown[] = [];
  const listen = (reason: unknown): void => void unhandled.push(reason);
  process.on('unhandledRejection', listen);
  const outbox = new Outbox(100);
  // An agent that does not wait handles no rejection.
  const unawaited = [outbox.add(message('a')), outbox.add(message('b', 'x'.repeat(200)))];
  outbox.refuse('a', 'call_full', 'the call is full');
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', listen);
  expect(unhandled).toEqual([]);
  expect(unawaited).toHaveLength(2);
});

test('untilEmpty resolves when everything is acknowledged', async () => {
  const outbox = new Outbox(1_000);
  await outbox.untilEmpty();
  const answered = outbox.add(message('a'));
  const empty = outbox.untilEmpty();
  outbox.acknowledge({ id: 'a', status: 'duplicate', seq: 1 });
  await Promise.all([answered, empty]);
});

test('each revision of a message has an answer of its own', async () => {
  const outbox = new Outbox(1_000);
  const first = outbox.add(message('a'));
  const second = outbox.add({ ...message('a', 'y'), revision: 1 });
  outbox.acknowledge({ id: 'a', revision: 1, status: 'appended', seq: 2 });
  expect(await second).toEqual({ id: 'a', revision: 1, status: 'appended', seq: 2 });
  expect(outbox.size).toBe(1);
  outbox.acknowledge({ id: 'a', status: 'appended', seq: 1 });
  expect(await first).toEqual({ id: 'a', status: 'appended', seq: 1 });
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, 1n])(
  'the number %p, which JSON would change, is refused',
  async (number) => {
    const outbox = new Outbox(1_000);
    await expect(outbox.add({ ...message('a'), deep: [{ number }] })).rejects.toMatchObject({
      name: 'TurnlogError',
      code: 'not_json',
    });
    expect(outbox.size).toBe(0);
  },
);
