import madge from 'madge';

const SOURCES = ['packages', 'services', 'proof', 'bench'];

/** The cycles of files below `root`, as `a.ts -> b.ts -> a.ts`. Type imports count as well. */
export async function findCycles(root, folders = SOURCES) {
  const tree = await madge(
    folders.map((folder) => `${root}/${folder}`),
    {
      baseDir: root,
      fileExtensions: ['ts'],
      excludeRegExp: [/node_modules/, /(^|\/)dist\//],
      detectiveOptions: { ts: { skipTypeImports: false } },
    },
  );
  return tree.circular().map((cycle) => [...cycle, cycle[0]].join(' -> '));
}
