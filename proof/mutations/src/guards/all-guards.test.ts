import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { withoutGuard } from '../tree-copy.ts';
import { allGuards } from './all-guards.ts';

describe.each(allGuards)('the guard $name', (guard) => {
  test('is in the code, once', () => {
    const source = read(guard.file);
    expect(withoutGuard(source, guard)).not.toBe(source);
  });

  test('has its test', () => {
    const title = guard.test.name;
    // A title, or the first cell of a row of `test.each`, which is the title of its case.
    const titles = [
      ...read(guard.test.file).matchAll(/(?:\b(?:it|test|describe)\(|\[)\s*(['"])((?:(?!\1)[^\\]|\\.)+)\1/g),
    ];
    expect(titles.some(([, , each]) => each !== undefined && title.endsWith(each))).toBe(true);
  });
});

test('a guard whose text is missing is reported by its name', () => {
  const [guard] = allGuards;
  expect(guard).toBeDefined();
  if (guard !== undefined) expect(() => withoutGuard('', guard)).toThrow(guard.name);
});

function read(file: string): string {
  return readFileSync(fileURLToPath(new URL(`../../../../${file}`, import.meta.url)), 'utf8');
}
