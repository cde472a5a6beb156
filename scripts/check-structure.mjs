// Which file may import which: no cycles, and the rules of structure/layer-rules.mjs. `npm test` runs it.
import path from 'node:path';
import { exceptions } from './structure/exceptions.mjs';
import { findCycles } from './structure/find-cycles.mjs';
import { judgeFaults } from './structure/judge-faults.mjs';
import { rules } from './structure/layer-rules.mjs';
import { readImports } from './structure/read-imports.mjs';

const root = path.resolve(import.meta.dirname, '..');
const imports = readImports(root);
const faults = { 'files have no cycle': await findCycles(root) };
for (const [name, findFaults] of Object.entries(rules)) faults[name] = findFaults(imports);

const problems = judgeFaults(faults, exceptions);
for (const problem of problems) console.log(problem);
if (problems.length > 0) process.exitCode = 1;
