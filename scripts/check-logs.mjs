// Whether docs/logs.md lists every log event: `npm test` runs it. With --write it renews the page.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { problemsOf, renewPage } from './logs/logs-page.mjs';
import { readLogLines } from './logs/read-log-lines.mjs';

const root = path.resolve(import.meta.dirname, '..');
const file = path.join(root, 'docs', 'logs.md');
const lines = readLogLines(root);
if (process.argv.includes('--write')) writeFileSync(file, renewPage(readFileSync(file, 'utf8'), lines));
const problems = problemsOf(readFileSync(file, 'utf8'), lines);
for (const problem of problems) console.log(problem);
if (problems.length > 0) process.exitCode = 1;
