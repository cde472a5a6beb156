// Writes docs/data-dictionary.md from the schema of a database that it creates and migrates. With --check it
// writes nothing, and fails if the page is out of date.
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import prettier from 'prettier';
import { dictionaryPage } from './dictionary/dictionary-page.mjs';
import { readSchema } from './dictionary/read-schema.mjs';
import { migrate } from '../packages/call-store/dist/index.js';
import { startPostgres } from '../packages/embedded/dist/index.js';

const root = path.resolve(import.meta.dirname, '..');
const page = path.join(root, 'docs', 'data-dictionary.md');

const options = await prettier.resolveConfig(page);
const text = await prettier.format(dictionaryPage(await schemaOfNewDatabase()), {
  ...options,
  filepath: page,
});
if (!process.argv.includes('--check')) writeFileSync(page, text);
else if (readFileSync(page, 'utf8') !== text) {
  console.log('docs/data-dictionary.md is out of date. Run: npm run dictionary');
  process.exitCode = 1;
}

async function schemaOfNewDatabase() {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'turnlog-test-'));
  // Under root, Postgres runs as another user, who needs access.
  await chmod(folder, 0o711);
  const place = { dataDir: path.join(folder, 'postgres'), cacheDir: path.join(root, '.data', 'cache') };
  const server = await startPostgres({ ...place, settings: { fsync: 'off' } });
  try {
    await migrate({ databaseUrl: server.url });
    return await readSchema(server.url);
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
