import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type EventData, type EventType, type KnownEvent } from '../events/call-event.ts';
import { eventAt, given } from '../testing/index.ts';

const event = <T extends EventType>(type: T, data: EventData<T>, id?: string) =>
  eventAt(type, data, 0, { source: 'c1', ...(id !== undefined && { id }) }) as KnownEvent;

const said = (more: Partial<EventData<'turn.completed'>> = {}) =>
  event('turn.completed', { speaker: 'ai', text: 'Great! What is your budget?', ...more }, 'turn:t1');
const marks = [
  { name: 'm1', text: 'Great! ' },
  { name: 'm2', text: 'What is ' },
  { name: 'm3', text: 'your budget?' },
];
const played = (name: string, heard?: boolean) =>
  event('mark.played', { name, ...(heard !== undefined && { heard }) });
const cleared = (...names: string[]) =>
  event('playback.cleared', { connectionId: 'c1', cause: 'clear', marks: names });

const recordOf = (events: readonly KnownEvent[]) => given(...events).record();

const turnOf = (...events: KnownEvent[]) => recordOf(events).transcript[0];

test('of an interrupted turn the caller heard what its played marks cover', () => {
  const record = recordOf([said({ marks }), played('m1'), played('m2'), cleared('m3')]);
  expect(record.transcript[0]).toMatchObject({
    text: 'Great! What is your budget?',
    heard_text: 'Great! What is ',
    interrupted: true,
  });
  expect(record.metrics.interruptions).toBe(1);
});

test('a turn that was played to its end, or of which nothing is known, is as it was reported', () => {
  for (const events of [[], [played('m1'), played('m2'), played('m3')], [played('m1')], [cleared('other')]]) {
    const turn = turnOf(said({ marks }), ...events);
    expect(turn).not.toHaveProperty('heard_text');
    expect(turn).not.toHaveProperty('interrupted');
  }
});

test('a mark that came back although its audio had been cleared proves nothing', () => {
  expect(turnOf(said({ marks }), played('m1'), cleared('m2', 'm3'), played('m2', false))).toMatchObject({
    heard_text: 'Great! ',
  });
});

test('a mark whose audio was dropped on its way is not heard, whatever came after it', () => {
  const events = [said({ marks }), played('m1', false), played('m2'), cleared('m3')];
  expect(turnOf(...events)).toMatchObject({ heard_text: 'What is ' });
});

test("a mark of the turn's own id covers all of it", () => {
  expect(turnOf(said(), cleared('t1'))).toMatchObject({ interrupted: true, heard_text: '' });
  expect(turnOf(said(), played('t1'))).not.toHaveProperty('heard_text');
  expect(turnOf(said({ speaker: 'user' }), cleared('t1'))).not.toHaveProperty('interrupted');
});

test("the agent's own word on what was heard stands", () => {
  const turn = said({ marks, heardText: 'Great', interrupted: false });
  expect(turnOf(turn, cleared('m1', 'm2', 'm3'))).toMatchObject({ heard_text: 'Great', interrupted: false });
});

test('a name that was used for two stretches of audio is evidence for neither', () => {
  const turn = turnOf(said({ marks }), played('m1'), played('m2'), cleared('m1', 'm3'));
  expect(turn).toMatchObject({ heard_text: 'What is ' });
  expect(turnOf(said(), played('t1'), cleared('t1'))).not.toHaveProperty('interrupted');
});

describe('whatever the order of arrival', () => {
  const name = fc.constantFrom('m1', 'm2', 'm3', 't1', '__proto__');
  const anyEvent: fc.Arbitrary<KnownEvent> = fc.oneof(
    fc.constant(said({ marks })),
    fc.constant(event('turn.completed', { speaker: 'ai', text: 'Hello' }, 'turn:__proto__')),
    fc.tuple(name, fc.constantFrom(undefined, false)).map(([mark, heard]) => played(mark, heard)),
    fc.uniqueArray(name).map((names) => cleared(...names)),
  );

  test('the same events, some of them repeated, give the same record', () => {
    const log = fc.array(anyEvent, { maxLength: 12 });
    const shuffled = log.chain((events) =>
      fc.tuple(
        fc.constant(events),
        fc.shuffledSubarray([...events, ...events], {
          minLength: 2 * events.length,
          maxLength: 2 * events.length,
        }),
      ),
    );
    fc.assert(
      fc.property(shuffled, ([events, again]) => {
        expect(JSON.stringify(recordOf(again))).toBe(JSON.stringify(recordOf(events)));
      }),
      { numRuns: 500 },
    );
  });
});
