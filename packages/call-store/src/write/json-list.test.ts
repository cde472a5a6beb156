import { expect, test } from '@jest/globals';
import { joinJson, joinJsonArrays, joinJsonBytes } from './json-list.ts';

test('arrays are the same, whether their items come as texts or as bytes', () => {
  const items = ['{"text":"नमस्ते"}', '{"text":"\\u001e"}', '[1,2]'];
  const bytes = Buffer.from(items.join(','));
  const joined = (...arrays: Parameters<typeof joinJsonArrays>[0]) => joinJsonArrays(arrays).toString();
  expect(joined(items, items)).toBe(`[${items.join(',')}]\x1e[${items.join(',')}]`);
  expect(joined(items, bytes, ['0'])).toBe(joined(items, items, ['0']));
  expect(joined(['1'])).toBe('[1]');
  expect(joined()).toBe('');
});

test('texts are joined the same as texts and as bytes', () => {
  const texts = ['[]', '"नमस्ते"', '{}'];
  for (const some of [texts, ['1'], []])
    expect(joinJsonBytes(some.map((text) => Buffer.from(text))).toString()).toBe(joinJson(some));
});
