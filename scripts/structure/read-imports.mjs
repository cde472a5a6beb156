// Which file of the workspace imports what. Type imports count as well.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

const FOLDERS = ['packages', 'services', 'proof', 'bench'];

/** Whether only tests use a file. */
export const isTestFile = (file) => /\.test\.ts$|\.test-support\.ts$|\/testing\//.test(file);

/**
 * Each TypeScript file below `root` with its imports: `{ specifier, file }`. `file` is the file of the workspace that is
 * imported, or undefined for a library. Paths are relative to `root`.
 */
export function readImports(root) {
  const entries = readEntryFiles(root);
  const files = FOLDERS.flatMap((folder) => listTypeScript(root, folder));
  return new Map(files.map((file) => [file, importsOf(root, file, entries)]));
}

function importsOf(root, file, entries) {
  const text = readFileSync(path.join(root, file), 'utf8');
  const specifiers = ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName);
  return [...new Set(specifiers)].map((specifier) => {
    const isRelative = specifier.startsWith('.');
    const imported = isRelative
      ? path.posix.join(path.posix.dirname(file), specifier)
      : entries.get(specifier);
    return { specifier, file: imported };
  });
}

/** The source file behind each specifier of a workspace package, such as `@turnlog/call-log`. */
function readEntryFiles(root) {
  const entries = new Map();
  for (const folder of listPackages(root)) {
    const { name, exports = {} } = JSON.parse(readFileSync(path.join(root, folder, 'package.json'), 'utf8'));
    for (const [subpath, { '@turnlog/source': source }] of Object.entries(exports))
      if (source) entries.set(path.posix.join(name, subpath), path.posix.join(folder, source));
    if (!entries.has(name)) entries.set(name, `${folder}/src/index.ts`);
  }
  return entries;
}

function listPackages(root) {
  const folders = FOLDERS.flatMap((folder) => [folder, ...listFolders(root, folder)]);
  return folders.filter((folder) => existsSync(path.join(root, folder, 'package.json')));
}

function listFolders(root, folder) {
  return list(root, folder)
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => `${folder}/${name}`);
}

function listTypeScript(root, folder) {
  const here = list(root, folder).filter(({ name }) => name.endsWith('.ts') && !name.endsWith('.d.ts'));
  const below = listFolders(root, folder).filter((name) => !/\/(node_modules|dist)$/.test(name));
  return [
    ...here.map(({ name }) => `${folder}/${name}`),
    ...below.flatMap((name) => listTypeScript(root, name)),
  ];
}

function list(root, folder) {
  const whole = path.join(root, folder);
  return existsSync(whole) ? readdirSync(whole, { withFileTypes: true }) : [];
}
