import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { findCycles } from './find-cycles.mjs';
import { judgeFaults } from './judge-faults.mjs';
import { rules } from './layer-rules.mjs';
import { readImports } from './read-imports.mjs';

const repository = path.resolve(import.meta.dirname, '../..');
let root;

beforeEach(() => {
  root = mkdtempSync(path.join(os.tmpdir(), 'turnlog-structure-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Writes a repository of these files, with a package.json for each workspace. */
function write(files) {
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), text);
    const workspace = file.split('/').slice(0, 2).join('/');
    const name = `@turnlog/${path.basename(workspace)}`;
    const exports = { '.': { '@turnlog/source': './src/index.ts' } };
    writeFileSync(path.join(root, workspace, 'package.json'), JSON.stringify({ name, exports }));
  }
}

function faultsOf(rule, files) {
  write(files);
  return rules[rule](readImports(root));
}

describe('a service imports packages, never another service', () => {
  const rule = 'a service imports packages, never another service';

  it('finds a service and a package that import a service', () => {
    const files = {
      'services/session/src/index.ts': '',
      'services/persister/src/main.ts': "import type { X } from '@turnlog/session';",
      'packages/cli/src/main.ts': "import('@turnlog/session');",
      'proof/faults/src/main.ts': "export * from '@turnlog/session';",
    };
    expect(faultsOf(rule, files).sort()).toEqual([
      'packages/cli/src/main.ts -> services/session/src/index.ts',
      'proof/faults/src/main.ts -> services/session/src/index.ts',
      'services/persister/src/main.ts -> services/session/src/index.ts',
    ]);
  });

  it('lets the simulation import the persister and the session, and no other service', () => {
    const files = {
      'services/session/src/index.ts': '',
      'services/reconciler/src/index.ts': '',
      'proof/simulation/src/main.ts': "import '@turnlog/session'; import '@turnlog/reconciler';",
    };
    expect(faultsOf(rule, files)).toEqual([
      'proof/simulation/src/main.ts -> services/reconciler/src/index.ts',
    ]);
  });
});

it('finds a package that imports a proof', () => {
  const files = { 'proof/faults/src/index.ts': '', 'packages/cli/src/a.ts': "import '@turnlog/faults';" };
  expect(faultsOf('packages and services import nothing of proof/ and bench/', files)).toHaveLength(1);
});

it('finds a path from one workspace into another', () => {
  const files = { 'packages/a/src/a.ts': "import '../../b/src/b.ts';", 'packages/b/src/b.ts': '' };
  expect(faultsOf('a workspace is imported by its name', files)).toHaveLength(1);
});

it('finds what a domain imports by way of another file, and lets tests import anything', () => {
  const files = {
    'services/session/src/domain/fold.ts': "import '../clock.ts'; import { createHash } from 'node:crypto';",
    'services/session/src/clock.ts': "import '@turnlog/disk'; import 'zod';",
    'packages/disk/src/index.ts': "import 'node:fs';",
    'packages/redaction/src/a.test.ts': "import 'ws';",
  };
  expect(faultsOf('domain/ and pure packages import nothing impure', files)).toEqual([
    'packages/disk/src/index.ts -> node:fs',
  ]);
});

it('finds the arrow that closes a cycle of folders', () => {
  const files = {
    'services/session/src/http/a.ts': "import '../auth/a.ts'; import '../auth/b.ts';",
    'services/session/src/auth/a.ts': "import '../http/b.ts';",
    'services/session/src/auth/b.ts': '',
    'services/session/src/http/b.ts': '',
  };
  expect(faultsOf('the folders of a service have no cycle', files)).toEqual([
    'services/session/src/auth -> services/session/src/http',
  ]);
});

it('finds an eighth floor', () => {
  const chain = Array.from({ length: 8 }, (_, floor) => [
    `services/session/src/floor${floor}/a.ts`,
    floor === 0 ? '' : `import '../floor${floor - 1}/a.ts';`,
  ]);
  expect(faultsOf('the folders of a service have at most 7 floors', Object.fromEntries(chain))).toEqual([
    'services/session/src/ has 8',
  ]);
});

it('finds a cycle of files that only types close', async () => {
  write({
    'packages/a/src/a.ts': "import type { B } from './b.ts';\nexport type A = B;",
    'packages/a/src/b.ts': "import { type A } from './a.ts';\nexport type B = A;",
  });
  expect(await findCycles(root, ['packages'])).toEqual([
    'packages/a/src/a.ts -> packages/a/src/b.ts -> packages/a/src/a.ts',
  ]);
});

it('reports a fault that is not an exception, and an exception that is not a fault', () => {
  const problems = judgeFaults({ rule: ['a -> b', 'c -> d'] }, { rule: ['a -> b', 'e -> f'] });
  expect(problems).toEqual(['rule: c -> d', 'an exception that no longer occurs, remove it: e -> f (rule)']);
});

it('finds an export that no other file imports', () => {
  write({
    'packages/a/src/index.ts': "export { used } from './a.ts';\nexport { unused } from './a.ts';",
    'packages/a/src/a.ts': 'export const used = 1;\nexport const unused = 2;',
    'packages/b/src/main.ts': "import { used } from '@turnlog/a';\nconsole.log(used);",
  });
  cpSync(path.join(repository, 'knip.json'), path.join(root, 'knip.json'));
  writeFileSync(path.join(root, 'package.json'), JSON.stringify({ workspaces: ['packages/*'] }));
  const knip = path.join(repository, 'node_modules/knip/bin/knip.js');
  const { status, stdout } = spawnSync(process.execPath, [knip, '--include', 'exports'], {
    cwd: root,
    encoding: 'utf8',
  });
  expect(stdout).toMatch(/unused .*packages\/a\/src\/index\.ts/);
  expect(status).toBe(1);
});

describe('the code paths in docs/architecture.md', () => {
  const page = readFileSync(path.join(repository, 'docs/architecture.md'), 'utf8');
  const [, section = ''] = page.split(/^## (?:Code paths|Folders and imports)$/m);

  it.each([...section.matchAll(/, (\d+) files:\n\n```\n(.*?)```/gs)])(
    'are files, as many as stated: path %#',
    (_match, count, list) => {
      let folder = '';
      const files = [];
      for (const line of list.trimEnd().split('\n')) {
        const [, step, file] = /^ *(\d+) +(\S+)/.exec(line) ?? [];
        if (step === undefined) folder = line.trim();
        else files.push(path.join(folder, file));
      }
      expect(files.filter((file) => !existsSync(path.join(repository, file)))).toEqual([]);
      expect(files).toHaveLength(Number(count));
    },
  );
});
