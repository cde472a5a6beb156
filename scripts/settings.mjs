// Writes docs/settings.md, .env.example and infra/compose/settings.yml, from the services' schemas and
// docker-compose.yml. With --check it writes nothing, and fails where a file is out of date.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import prettier from 'prettier';
import { composeExample } from './settings/compose-example.mjs';
import { composeSettings } from './settings/compose-settings.mjs';
import { readSettings } from './settings/read-settings.mjs';
import { settingsPage } from './settings/settings-page.mjs';

const root = path.resolve(import.meta.dirname, '..');
const read = (file) => readFileSync(path.join(root, file), 'utf8');

const services = await readSettings(root);
const files = {
  'docs/settings.md': await formatted('docs/settings.md', settingsPage(services)),
  '.env.example': composeExample(read('docker-compose.yml') + read('infra/tls/compose.yml'), services),
  'infra/compose/settings.yml': composeSettings(services),
};
for (const [file, text] of Object.entries(files)) {
  if (!process.argv.includes('--check')) writeFileSync(path.join(root, file), text);
  else if (read(file) !== text) {
    console.log(`${file} is out of date. Run: npm run settings`);
    process.exitCode = 1;
  }
}

async function formatted(file, text) {
  const options = await prettier.resolveConfig(path.join(root, file));
  return prettier.format(text, { ...options, filepath: file });
}
