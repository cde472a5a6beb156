import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { problemsOf, renewPage } from './logs-page.mjs';
import { readLogLines } from './read-log-lines.mjs';

const EMPTY = 'Before.\n<!-- log events: npm run logs -->\n<!-- end of log events -->\nAfter.\n';
let root;

beforeEach(() => {
  root = mkdtempSync(path.join(os.tmpdir(), 'turnlog-logs-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function linesOf(source) {
  mkdirSync(path.join(root, 'services/demo/src'), { recursive: true });
  writeFileSync(path.join(root, 'services/demo/package.json'), JSON.stringify({ name: '@turnlog/demo' }));
  writeFileSync(path.join(root, 'services/demo/src/main.ts'), source);
  return readLogLines(root);
}

test('a line is read with its event, levels, messages and fields', () => {
  const source =
    "this.#logger[isNew ? 'warn' : 'debug']({ event: 'redis_lost', err, ...more }, isBad ? 'bad' : `worse ${why}`);";
  expect(linesOf(source)).toMatchObject([
    {
      event: 'redis_lost',
      levels: ['warn', 'debug'],
      messages: ['bad'],
      fields: ['err', '…'],
      place: 'demo',
    },
  ]);
});

test('what the page says to do about an event stays when the table is renewed', () => {
  const lines = linesOf("logger.error({ event: 'redis_lost' }, 'redis is lost');");
  const page = renewPage(EMPTY, lines).replace('| – |', '| Bring it back. |');
  const renewed = renewPage(page, linesOf("logger.error({ event: 'redis_lost', err }, 'redis lost');"));
  expect(renewed).toContain('| `redis_lost` | error | demo | redis lost | err | Bring it back. |');
  expect(problemsOf(renewed, linesOf("logger.error({ event: 'redis_lost', err }, 'redis lost');"))).toEqual(
    [],
  );
});

test.each([
  ["logger.info('hello');", 'names no event'],
  ["logger.info({ event: 'redisLost' }, 'hello');", 'is not in snake_case'],
  ["logger.error({ event: 'redis_lost' }, 'lost');", 'does not say what to do about redis_lost'],
  ["logger.info({ event: 'redis_found' }, 'found');", 'is not what the source logs'],
])('the check refuses %s', (source, problem) => {
  const lines = linesOf(source);
  expect(problemsOf(EMPTY, lines).join('\n')).toContain(problem);
});
