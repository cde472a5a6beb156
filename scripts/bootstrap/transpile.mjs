// Compiles the TypeScript files that have changed with swc, which takes a second for all of them: see
// docs/adr/0043-a-start-compiles-with-swc.md. Types are not checked here.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const OPTIONS = {
  swcrc: false,
  configFile: false,
  sourceMaps: true,
  module: { type: 'es6' },
  jsc: {
    target: 'es2023',
    parser: { syntax: 'typescript' },
    // As tsconfig.base.json has it: './x.ts' becomes './x.js', and an import of types alone stays one.
    rewriteRelativeImportExtensions: true,
    transform: { verbatimModuleSyntax: true },
    experimental: { keepImportAttributes: true },
  },
};

/** Compiles the files of these folders that are newer than their output, or `all`; returns their number. */
export async function transpile(root, folders, { all }) {
  const staleIn = new Map(folders.map((folder) => [folder, sourcesIn(path.join(root, folder), all)]));
  const stale = [...staleIn.values()].flat();
  if (stale.length === 0) return 0;
  const { transformFile } = await import('@swc/core');
  for (const [folder, files] of staleIn) if (files.length > 0) forgetBuild(path.join(root, folder));
  await Promise.all(stale.map((file) => compile(file, transformFile)));
  return stale.length;
}

/** tsc would leave an output as it is here if the source is again what tsc compiled the last time. */
function forgetBuild(folder) {
  rmSync(path.join(folder, 'dist/.tsbuildinfo'), { force: true });
}

function sourcesIn(folder, all) {
  const src = path.join(folder, 'src');
  if (!existsSync(src)) return [];
  return readdirSync(src, { recursive: true })
    .filter((name) => name.endsWith('.ts') && !/\.test(-support)?\.ts$/.test(name))
    .map((name) => ({
      source: path.join(src, name),
      output: path.join(folder, 'dist', name.replace(/\.ts$/, '.js')),
    }))
    .filter((file) => all || isStale(file));
}

function isStale({ source, output }) {
  const built = statSync(output, { throwIfNoEntry: false });
  return built === undefined || built.mtimeMs < statSync(source).mtimeMs;
}

async function compile({ source, output }, transformFile) {
  const sourceFileName = path.relative(path.dirname(output), source);
  const { code, map } = await transformFile(source, { ...OPTIONS, sourceFileName });
  mkdirSync(path.dirname(output), { recursive: true });
  write(`${output}.map`, map);
  write(output, `${code}//# sourceMappingURL=${path.basename(output)}.map\n`);
}

/** Whole or not at all: another command may run the file, or be cut short here. */
function write(file, text) {
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, text);
  renameSync(temporary, file);
}
