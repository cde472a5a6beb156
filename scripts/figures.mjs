// Figures of the product code (packages and services without tests): sizes of files and functions, and the layers of the
// services' folders. `npm run figures -- [folder of another checkout]`
import { readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { isTestFile, readImports } from './structure/read-imports.mjs';
import { readRooms } from './structure/rooms.mjs';

const root = path.resolve(process.argv[2] ?? path.join(import.meta.dirname, '..'));
const imports = readImports(root);
const productFiles = [...imports.keys()].filter(
  (file) => /^(packages|services)\//.test(file) && !isTestFile(file),
);
const files = productFiles.map(readFile);
const workspaces = [...new Set(files.map(({ workspace }) => workspace))].sort();

/** A file's lines, and the lines of each of its functions that takes more than one. */
function readFile(file) {
  const text = readFileSync(path.join(root, file), 'utf8');
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const functions = [];
  const visit = (node) => {
    const lines = lineOf(source, node.end) - lineOf(source, node.getStart(source)) + 1;
    if (ts.isFunctionLike(node) && node.body && lines > 1) functions.push(lines);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return { workspace: file.split('/').slice(0, 2).join('/'), lines: text.split('\n').length - 1, functions };
}

function lineOf(source, position) {
  return source.getLineAndCharacterOfPosition(position).line;
}

function sizesOf(name, some) {
  const lines = some.map((file) => file.lines);
  const functions = some.flatMap((file) => file.functions).sort((a, b) => a - b);
  const at = (share) => functions[Math.ceil(share * functions.length) - 1] ?? 0;
  return {
    name,
    files: some.length,
    lines: lines.reduce((a, b) => a + b, 0),
    'longest file': Math.max(...lines),
    functions: functions.length,
    p50: at(0.5),
    p99: at(0.99),
    'longest function': at(1),
    'over 60': functions.filter((length) => length > 60).length,
  };
}

function layersOf(name) {
  const { rooms, arrows, upward, floors } = readRooms(imports, `${name}/src/`);
  const arrowsUp = upward.map(({ from, to }) => `${from} -> ${to}`).join(', ');
  return {
    name,
    rooms: rooms.length,
    floors: Math.max(...floors.values()),
    arrows: arrows.length,
    upward: arrowsUp,
  };
}

console.table([
  ...workspaces.map((name) =>
    sizesOf(
      name,
      files.filter(({ workspace }) => workspace === name),
    ),
  ),
  sizesOf('product code', files),
]);
console.table(workspaces.filter((name) => name.startsWith('services/')).map(layersOf));
