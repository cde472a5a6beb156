import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { transpile } from './transpile.mjs';

const TSCONFIG = JSON.stringify({
  extends: path.resolve(import.meta.dirname, '../../tsconfig.base.json'),
  compilerOptions: { rootDir: 'src', outDir: 'dist', tsBuildInfoFile: 'dist/.tsbuildinfo', types: [] },
  include: ['src'],
  exclude: ['src/**/*.test.ts', 'src/**/*.test-support.ts'],
});

function buildWithTsc(folder) {
  const tsc = path.resolve(import.meta.dirname, '../../node_modules/typescript/bin/tsc');
  const { status, stdout } = spawnSync(process.execPath, [tsc, '-b', folder], { encoding: 'utf8' });
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
}

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
    await writeFile(path.join(root, 'packages/a/src/a.test-support.ts'), 'export {};');
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

  test('lets tsc compile a file again whose source is what tsc had before', async () => {
    const [source, output] = ['src/inner/b.ts', 'dist/inner/b.js'].map((file) =>
      path.join(root, 'packages/a', file),
    );
    const before = await readFile(source, 'utf8');
    await writeFile(path.join(root, 'packages/a/package.json'), '{ "type": "module" }');
    await writeFile(path.join(root, 'packages/a/tsconfig.json'), TSCONFIG);
    buildWithTsc(path.join(root, 'packages/a'));
    await writeFile(source, before.replace('= 1', '= 2'));
    await run({ all: true });
    expect(await readFile(output, 'utf8')).toContain('b = 2');

    await writeFile(source, before);
    buildWithTsc(path.join(root, 'packages/a'));
    expect(await readFile(output, 'utf8')).toContain('b = 1');
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
