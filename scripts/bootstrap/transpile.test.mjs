import { mkdir, mkdtemp, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { transpile } from './transpile.mjs';

describe('compiling with swc', () => {
  let root;
  beforeEach(async () => {
    root = await mkdtemp(path.join(os.tmpdir(), 'turnlog-test-'));
    await mkdir(path.join(root, 'packages/a/src/inner'), { recursive: true });
    const source = "import { type B, b } from './inner/b.ts';\nexport const a: B = b;\n";
    await writeFile(path.join(root, 'packages/a/src/a.ts'), source);
    await writeFile(
      path.join(root, 'packages/a/src/inner/b.ts'),
      'export type B = number;\nexport const b = 1;\n',
    );
    await writeFile(path.join(root, 'packages/a/src/a.test.ts'), 'this is not TypeScript');
  });
  afterEach(() => rm(root, { recursive: true }));

  const run = (options = { all: false }) => transpile(root, ['packages/a', 'no-such-folder'], options);

  test('writes files that Node runs, whose imports are rewritten', async () => {
    expect(await run()).toBe(2);
    const output = path.join(root, 'packages/a/dist/a.js');
    expect(await readFile(output, 'utf8')).toMatch(/from ['"]\.\/inner\/b\.js['"];/);
    expect(await readFile(output, 'utf8')).toMatch(/sourceMappingURL=a\.js\.map\n$/);
    await expect(import(output)).resolves.toMatchObject({ a: 1 });
  });

  test('compiles again what has changed since, or all', async () => {
    await run();
    expect(await run()).toBe(0);
    const source = path.join(root, 'packages/a/src/inner/b.ts');
    const later = new Date((await stat(source)).mtimeMs + 60_000);
    await utimes(source, later, later);
    expect(await run()).toBe(1);
    expect(await run({ all: true })).toBe(2);
  });

  test('rejects a file with an error, and leaves its output as it was', async () => {
    await run();
    const source = path.join(root, 'packages/a/src/a.ts');
    await writeFile(source, 'const = 1;');
    const later = new Date(Date.now() + 60_000);
    await utimes(source, later, later);
    await expect(run()).rejects.toThrow();
    expect(await readFile(path.join(root, 'packages/a/dist/a.js'), 'utf8')).toContain('export const a = b');
  });
});
