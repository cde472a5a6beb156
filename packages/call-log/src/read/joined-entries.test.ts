import { describe, expect, test } from '@jest/globals';
import { JoinedEntries } from './joined-entries.ts';

const texts = ['{"a":"ü,"}', '["x",', '', '{"text":"🎧"}'];

test('joined entries are split into the entries that were joined', () => {
  expect(JoinedEntries.of(7, texts).entries()).toEqual(
    texts.map((text, index) => ({ seq: 7 + index, text })),
  );
  expect(JoinedEntries.of(1, ['']).entries()).toEqual([{ seq: 1, text: '' }]);
});

describe('those after a seq', () => {
  const joined = JoinedEntries.of(7, texts);

  test.each([7, 8, 9])('%i are the entries behind it', (seq) => {
    const after = joined.after(seq);
    expect(after?.entries()).toEqual(joined.entries().filter((entry) => entry.seq > seq));
    expect([after?.fromSeq, after?.toSeq, after?.count]).toEqual([seq + 1, 10, 10 - seq]);
  });

  test('are all of them, or none', () => {
    expect(joined.after(6)).toBe(joined);
    expect(joined.after(10)).toBeUndefined();
    expect(joined.after(99)).toBeUndefined();
  });
});
