import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type EventData, type EventType, type KnownEvent } from '../events/call-event.ts';
import { eventAt, given } from '../testing/index.ts';

type More = NonNullable<Parameters<typeof eventAt>[3]>;

function event<T extends EventType>(type: T, data: EventData<T>, atS: number, more: More = {}): KnownEvent {
  return eventAt(type, data, atS, more) as KnownEvent;
}

function turn(text: string, atS: number, more: More = {}): KnownEvent {
  return event('turn.completed', { speaker: 'user', text }, atS, {
    id: 'turn:t1',
    fingerprint: text,
    ...more,
  });
}

function collect(fields: Record<string, number>, atS: number, more: More): KnownEvent {
  return event('data.collected', { fields }, atS, { fingerprint: JSON.stringify(fields), ...more });
}

const recordOf = (events: readonly KnownEvent[]) => given(...events).record();

const first = turn('So', 1);
const second = turn('So I', 2, { revision: 1 });
const third = turn('So I think the hardest part was the move', 9, { revision: 2 });

describe('of the revisions of a turn', () => {
  test('the highest counts, at the time at which the turn was first reported', () => {
    const answer = event('turn.completed', { speaker: 'ai', text: 'Tell me more' }, 5);
    expect(recordOf([first, answer, second, third]).transcript).toMatchObject([
      {
        id: 'turn:t1',
        text: 'So I think the hardest part was the move',
        revision: 2,
        timestamp: '2026-01-25T11:15:01.000Z',
      },
      { text: 'Tell me more' },
    ]);
  });

  test('one that says when it was spoken moves the turn there', () => {
    const moved = turn('Before that', 0, { revision: 3, isTimed: true });
    expect(recordOf([first, third, moved]).transcript).toMatchObject([
      { text: 'Before that', timestamp: '2026-01-25T11:15:00.000Z' },
    ]);
  });

  test('each is an event of the call, and those that do not count are counted', () => {
    const { version, metrics } = recordOf([first, second, third]);
    expect([version, metrics.turns, metrics.superseded_reports]).toEqual([3, 1, 2]);
    expect(recordOf([first]).metrics).not.toHaveProperty('superseded_reports');
  });

  test('a lower one that comes late changes nothing but the count of events', () => {
    const late = recordOf([third, first]);
    expect(late.transcript).toEqual(recordOf([first, third]).transcript);
    expect(late.transcript).toMatchObject([
      { text: 'So I think the hardest part was the move', revision: 2 },
    ]);
    expect([late.version, late.metrics.turns, late.metrics.superseded_reports]).toEqual([2, 1, 1]);
  });

  test('what the caller heard of it goes by the one that counts', () => {
    const cleared = event('playback.cleared', { connectionId: 'c1', cause: 'clear', marks: ['t1'] }, 10);
    const spoken = (text: string, more: More) =>
      event('turn.completed', { speaker: 'ai', text, marks: [{ name: more.id ?? 't1', text }] }, 1, {
        ...more,
        id: 'turn:t1',
      });
    const [shown] = recordOf([
      spoken('Hello', {}),
      spoken('Hello there', { revision: 1 }),
      cleared,
    ]).transcript;
    expect(shown).toMatchObject({ text: 'Hello there', interrupted: true, heard_text: '' });
  });
});

describe('of the revisions of what was collected', () => {
  const budget = collect({ budget: 1, city: 1 }, 1, { id: 'collect:c1' });
  const other = collect({ budget: 2 }, 5, { id: 'collect:c2' });

  test('the highest counts with all its fields, and with no other', () => {
    const revised = collect({ budget: 3 }, 6, { id: 'collect:c1', revision: 1 });
    expect(recordOf([budget, other, revised]).collectedData).toEqual({ budget: 3 });
  });

  test('a field that a revision takes back has the value that another report gave it', () => {
    const newer = collect({ budget: 9, city: 9 }, 7, { id: 'collect:c3' });
    const revised = collect({ city: 8 }, 8, { id: 'collect:c3', revision: 1 });
    expect(recordOf([budget, other, newer, revised]).collectedData).toEqual({ budget: 2, city: 8 });
  });
});

test('stages, outcomes, objections and consents count by their highest revision, tools once', () => {
  const both = <T extends EventType>(type: T, a: EventData<T>, b: EventData<T>) => [
    event(type, a, 3, { id: `${type}:x`, revision: 1, fingerprint: 'a' }),
    event(type, b, 4, { id: `${type}:x`, fingerprint: 'b' }),
  ];
  const record = recordOf([
    ...both('stage.changed', { stage: 'new' }, { stage: 'old' }),
    ...both('outcome.decided', { outcome: 'new' }, { outcome: 'old' }),
    ...both('objection.raised', { text: 'new' }, { text: 'old' }),
    ...both('consent.recorded', { statement: 'new', given: true }, { statement: 'old', given: false }),
    ...both('tool.called', { name: 'new' }, { name: 'old' }),
  ]);
  expect(record).toMatchObject({
    stage: 'new',
    outcome: 'new',
    objections: [{ text: 'new' }],
    consents: [{ statement: 'new' }],
    metrics: { objections: 1, tool_calls: 1, superseded_reports: 5 },
  });
});

test('of two reports of one id and revision that contradict each other both stay, and the later one counts', () => {
  const record = recordOf([turn('I said this', 1), turn('and then that', 2)]);
  expect(record.transcript).toMatchObject([{ text: 'and then that' }]);
  expect([record.version, record.metrics.superseded_reports]).toEqual([2, 1]);
  expect(recordOf([turn('I said this', 1), turn('I said this', 5)]).version).toBe(1);
});

test('whatever the order in which revisions come, and how often, the record is the same', () => {
  const ids = fc.constantFrom('x:1', 'x:2');
  const report = fc.record({
    id: ids,
    revision: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
    isTimed: fc.boolean(),
    value: fc.integer({ min: 0, max: 3 }),
    atS: fc.integer({ min: 0, max: 9 }),
    kind: fc.constantFrom('turn', 'collect', 'stage', 'objection', 'tool'),
  });
  const toEvent = ({
    id,
    revision,
    isTimed,
    value,
    atS,
    kind,
  }: typeof report extends fc.Arbitrary<infer R> ? R : never) => {
    // What has the same content is the same event: it came at one time.
    const place = revision === undefined || !isTimed ? value + (revision ?? 0) * 4 : atS;
    const isPlaced = revision !== undefined && isTimed;
    const more = {
      id: `${kind}:${id}`,
      ...(revision !== undefined && { revision }),
      ...(isPlaced && { isTimed }),
      fingerprint: `${value}/${isPlaced ? atS : ''}`,
    };
    if (kind === 'turn') return event('turn.completed', { speaker: 'ai', text: `${value}` }, place, more);
    if (kind === 'collect')
      return event('data.collected', { fields: { [`f${value % 2}`]: value, g: value } }, place, more);
    if (kind === 'stage') return event('stage.changed', { stage: `${value}` }, place, more);
    if (kind === 'objection') return event('objection.raised', { text: `${value}` }, place, more);
    return event('tool.called', { name: `${value}` }, place, more);
  };
  const anyOrder = fc.array(report.map(toEvent), { maxLength: 12 }).chain((events) =>
    fc.tuple(
      fc.constant(events),
      fc.shuffledSubarray([...events, ...events], {
        minLength: events.length * 2,
        maxLength: events.length * 2,
      }),
    ),
  );
  fc.assert(
    fc.property(anyOrder, ([events, shuffled]) => {
      expect(recordOf(shuffled)).toEqual(recordOf(events));
    }),
    { numRuns: 2_000 },
  );
});
