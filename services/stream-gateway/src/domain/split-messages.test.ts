import { describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { splitMessages } from './split-messages.ts';

const split = (text: string, maxMessages = 1_000) => {
  const parts = splitMessages(Buffer.from(text), maxMessages);
  return parts.ok ? parts.messages.map(({ bytes }) => bytes.toString()) : parts.problem;
};
const depths = (text: string) => {
  const parts = splitMessages(Buffer.from(text), 1_000);
  return parts.ok ? parts.messages.map(({ depth }) => depth) : parts.problem;
};

describe('a body is split into its messages', () => {
  test.each([
    ['{"a":1}', ['{"a":1}']],
    [' [ {"a":"],[\\""} , 2,\n"x,y" ] \n', ['{"a":"],[\\""}', '2', '"x,y"']],
    ['[]', []],
    [' [ ] ', []],
    ['[[1,2],[3]]', ['[1,2]', '[3]']],
    ['\uFEFF[1,2]', ['1', '2']],
    ['', ['']],
    ['text', ['text']],
  ])('%j', (text, messages) => {
    expect(split(text)).toEqual(messages);
  });

  test.each([
    ['[{"a":NaN},{"b":1}]', ['{"a":NaN}', '{"b":1}']],
    ['[{"a":"line\nbreak"},{"b":1}]', ['{"a":"line\nbreak"}', '{"b":1}']],
    ['[{"a":1 "b"},,{"b":1},]', ['{"a":1 "b"}', '', '{"b":1}', '']],
    ['[{\'a\':1},{"b":1}]', ["{'a':1}", '{"b":1}']],
  ])('an item that is no JSON is one item: %j', (text, messages) => {
    expect(split(text)).toEqual(messages);
  });

  test.each(['[', '[1', '[1]]', '[1] 2', '["a]', '[{"a":[1},{"b":2}]', '[1}', '[{]', '["a\\"]'])(
    'where items begin and end in %j can not be said',
    (text) => {
      expect(split(text)).toBe('not_json');
    },
  );

  test('what JSON.parse reads is split into the same items', () => {
    fc.assert(
      fc.property(fc.array(fc.json()), fc.constantFrom('', ' ', '\n\t'), (items, blank) => {
        const texts = split(`[${items.map((item) => `${blank}${item}${blank}`).join(',')}]`);
        expect(texts).toEqual(items);
      }),
    );
  });

  test('the depth of each is known before it is parsed', () => {
    expect(depths('[{"a":[1,{"b":[]}]},1,"[[[",{}]')).toEqual([4, 0, 0, 1]);
    expect(depths('{"a":{"b":"}{{"}}')).toEqual([2]);
    expect(depths(`[${'['.repeat(100_000)}${']'.repeat(100_000)}]`)).toEqual([100_000]);
  });

  test('more messages than are allowed are counted, and not kept', () => {
    expect(splitMessages(Buffer.from(`[${'1,'.repeat(5_000)}1]`), 10)).toEqual({
      ok: false,
      problem: 'too_many',
      count: 5_001,
    });
    expect(split('[1,2]', 2)).toEqual(['1', '2']);
  });

  test('messages above the limit cost no view of the body', () => {
    const body = Buffer.from(`[${'{},'.repeat(100_000)}{}]`);
    const views = jest.spyOn(Buffer.prototype, 'subarray');
    try {
      expect(splitMessages(body, 10)).toMatchObject({ problem: 'too_many', count: 100_001 });
      expect(views.mock.calls.length).toBeLessThan(50);
    } finally {
      views.mockRestore();
    }
  });
});
