import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type Guard } from './guard.ts';

/** What is not copied: large folders without source. Dependencies and servers are linked. */
const LEFT_OUT = new Set(['node_modules', '.git', '.data']);
const LINKED = ['node_modules', path.join('.data', 'cache')];

/** A copy of the whole tree in a temporary folder, in which guards can be removed. */
export interface TreeCopy {
  readonly root: string;
  /** Removes a guard; the returned function restores it. Throws if its text does not occur exactly once. */
  takeAway(guard: Guard): Promise<() => Promise<void>>;
  remove(): Promise<void>;
}

/** Copies the tree as it is now, including built files. */
export async function copyTree(source: string): Promise<TreeCopy> {
  const root = await mkdtemp(path.join(os.tmpdir(), 'turnlog-mutations-'));
  const isWanted = (file: string): boolean => !LEFT_OUT.has(path.relative(source, file));
  // Links between packages are relative, and so lead to the copy of each.
  await cp(source, root, { recursive: true, verbatimSymlinks: true, filter: isWanted });
  await mkdir(path.join(root, '.data'));
  for (const each of LINKED) {
    await mkdir(path.join(source, each), { recursive: true });
    await symlink(path.join(source, each), path.join(root, each));
  }
  return {
    root,
    takeAway: async (guard) => {
      const file = path.join(root, guard.file);
      const whole = await readFile(file, 'utf8');
      await writeFile(file, withoutGuard(whole, guard));
      return () => writeFile(file, whole);
    },
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

/**
 * The source without the guard. Throws if the guard does not occur exactly once: then nothing would be
 * proven.
 */
export function withoutGuard(source: string, { name, file, text, without }: Guard): string {
  const places = source.split(text);
  if (places.length === 2) return places.join(without);
  throw new Error(
    `The guard ${name} is ${places.length - 1} times in ${file}, not once: "${text}". ` +
      'Where the code has changed, change the guard in proof/mutations/src/guards too.',
  );
}
