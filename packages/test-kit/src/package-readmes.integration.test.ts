import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { testRedisUrl } from './test-environment.ts';
import { createTestDatabase } from './create-test-database.ts';

const PACKAGES = fileURLToPath(new URL('../../', import.meta.url));
/** Their snippets need more than the two servers: a gateway, or the packages of one. */
const TESTED_ELSEWHERE = ['agent-client', 'delivery', 'exotel-simulator'];

const names = readdirSync(PACKAGES).filter((name) => !TESTED_ELSEWHERE.includes(name));

test.each(names)('the snippet of packages/%s/README.md prints what it says', async (name) => {
  const readme = readFileSync(`${PACKAGES}${name}/README.md`, 'utf8');
  const [, snippet = '', output = ''] = /```js\n(.*?)```.*?```text\n(.*?)```/s.exec(readme) ?? [];
  const database = await createTestDatabase();
  try {
    const env = { ...process.env, REDIS_URL: testRedisUrl(), DATABASE_URL: database.url };
    const args = ['--input-type=module', '--eval', snippet];
    const options = { cwd: `${PACKAGES}${name}`, env, timeout: 50_000 };
    const { stdout } = await promisify(execFile)(process.execPath, args, options);
    expect(stdout).toBe(output);
    expect(output).not.toBe('');
  } finally {
    await database.drop();
  }
});
