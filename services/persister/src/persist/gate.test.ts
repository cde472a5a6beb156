import { deferred } from '@turnlog/service-kit';
import { expect, test } from '@jest/globals';
import { Gate } from './gate.ts';

test('what has to run alone waits for what runs, and lets nothing else in before it is done', async () => {
  const gate = new Gate();
  const events: string[] = [];
  const ends = { first: deferred(), alone: deferred() };
  const tell = (name: string, end?: Promise<void>) => async () => {
    events.push(`${name} begins`);
    await end;
    events.push(`${name} ends`);
  };
  const work = [
    gate.beside(tell('first', ends.first.promise)),
    gate.alone(tell('alone', ends.alone.promise)),
    gate.beside(tell('second')),
  ];
  ends.first.resolve();
  await work[0];
  ends.alone.resolve();
  await Promise.all(work);
  expect(events).toEqual([
    ...['first begins', 'first ends', 'alone begins'],
    ...['alone ends', 'second begins', 'second ends'],
  ]);
});

test('work beside others runs at once, also after work that failed', async () => {
  const gate = new Gate();
  await expect(gate.alone(() => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
  const [one, two] = [deferred(), deferred()];
  const both = [
    gate.beside(async () => {
      one.resolve();
      await two.promise;
    }),
    gate.beside(async () => {
      await one.promise;
      two.resolve();
    }),
  ];
  await Promise.all(both);
});
