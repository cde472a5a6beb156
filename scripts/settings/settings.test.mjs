import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { composeExample } from './compose-example.mjs';
import { composeSettings } from './compose-settings.mjs';
import { describeSetting } from './read-settings.mjs';
import { settingsPage } from './settings-page.mjs';

/** As zod describes `envValue(expected, …).describe(meaning)`, and the same in `.default(value)`. */
const value = (expected, description) => ({ def: { type: 'pipe' }, meta: () => ({ expected, description }) });
const withDefault = (innerType, defaultValue) => ({
  def: { type: 'default', innerType, defaultValue },
  meta: () => undefined,
});

const BYTES = 'a whole number of bytes from 1 to 9999999';
const size = describeSetting('SIZE', withDefault(value(BYTES, 'The size.'), 4 * 1024 * 1024));

describe('a setting', () => {
  it('has its name, meaning, values and a readable default', () => {
    expect(size).toEqual({
      name: 'SIZE',
      meaning: 'The size.',
      expected: 'whole number of bytes from 1 to 9999999',
      default: '`4194304` (4 MiB)',
    });
  });

  it('without a default is required, unless it is optional', () => {
    const url = value('a URL', 'Redis.');
    const optional = { def: { type: 'optional', innerType: url }, meta: () => undefined };
    expect(describeSetting('REDIS_URL', url).default).toBe('required');
    expect(describeSetting('REDIS_URL', optional).default).toBe('');
  });

  it('without a meaning fails', () => {
    expect(() => describeSetting('SIZE', value(BYTES))).toThrow('SIZE has no meaning');
  });
});

it('the page has a setting of all services once', () => {
  const own = { ...size, name: 'OWN' };
  const page = settingsPage([
    { service: 'one', settings: [size, own] },
    { service: 'two', settings: [size] },
  ]);
  expect(page.match(/`SIZE`/g)).toHaveLength(1);
  expect(page).toMatch(/## All services[^#]*`SIZE`[^#]*## one[^#]*`OWN`/);
});

describe('.env.example', () => {
  it('has each variable of the compose file, with its default there', () => {
    const compose = 'A: ${SIZE:-1}\nB: ${TRUSTED_PROXIES:-${BALANCER_ADDRESS:-10.0.0.2}}';
    const proxies = { ...size, name: 'TRUSTED_PROXIES' };
    const example = composeExample(compose, [{ service: 'one', settings: [size, proxies] }]);
    expect(example).toContain('\n# The size.\nSIZE=1\n');
    expect(example).toContain('\n#TRUSTED_PROXIES=4194304\n');
    expect(example).toContain('\nBALANCER_ADDRESS=10.0.0.2\n');
  });

  it('fails for a variable that nothing describes', () => {
    expect(() => composeExample('A: ${SOMETHING:-1}', [])).toThrow('SOMETHING');
  });
});

it('compose passes on every setting that it does not fix, without a value', () => {
  const named = (name) => ({ ...size, name });
  const text = composeSettings([{ service: 'one', settings: ['SIZE', 'HOST', 'REDIS_URL'].map(named) }]);
  expect(text).toMatch(/^services:\n {2}one:\n {4}environment:\n {6}SIZE:\n {6}NODE_OPTIONS:\n$/m);
});

describe('each setting of docs/settings.md reaches its service in compose:', () => {
  const read = (file) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
  const blocksOf = (text, head) =>
    new Map(text.split(head).map((block) => [/^[\w-]+/.exec(block)?.[0] ?? 'All services', block]));
  const pages = blocksOf(read('docs/settings.md'), /^## (?=All|[a-z])/m);
  const compose = blocksOf(read('docker-compose.yml'), /^ {2}(?=[a-z][\w-]*:\n)/m);
  const passedOn = blocksOf(read('infra/compose/settings.yml'), /^ {2}(?=[a-z][\w-]*:\n)/m);
  const settingsIn = (page = '') => [...page.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);

  it.each(['stream-gateway', 'session', 'persister', 'reconciler'])('%s', (service) => {
    // The name of a replica is that of its container.
    const names = [...settingsIn(pages.get('All')), ...settingsIn(pages.get(service))];
    const isSet = (name) =>
      new RegExp(`^ {6}${name}:`, 'm').test(`${compose.get(service)}\n${passedOn.get(service)}`);
    expect(compose.get(service)).toContain(
      `extends: { file: infra/compose/settings.yml, service: ${service} }`,
    );
    expect(names.length).toBeGreaterThan(15);
    // The balancer needs the health ports on all addresses of the container.
    expect(names.filter((name) => !isSet(name)).sort()).toEqual(['HEALTH_HOST', 'INSTANCE']);
  });
});
