import { expect, test } from '@jest/globals';
import { secretKind } from '../tenant.ts';
import { matchesSecret } from './matches-secret.ts';
import { createSecret, hashSecret, secretIdOf } from './secret-text.ts';

test.each(secretKind.options)('a %s secret has its kind and id, and needs no escaping in a URL', (kind) => {
  const { text, secret } = createSecret(kind, 0);
  expect(text).toMatch(new RegExp(`^tl_${kind}_[0-9a-f]{12}_[\\w-]{43}$`));
  expect(new URL(`wss://name:${text}@host/`).password).toBe(text);
  expect(secretIdOf(text)).toBe(secret.id);
  expect(secret).toMatchObject({ kind, createdAt: '1970-01-01T00:00:00.000Z', sha256: hashSecret(text) });
});

test('what is stored of a secret does not contain its text', () => {
  const { text, secret } = createSecret('api', 0);
  const random = text.split('_').slice(3).join('_');
  expect(JSON.stringify(secret)).not.toContain(random);
});

test('a secret matches itself, and nothing else matches it', () => {
  const { text, secret } = createSecret('stream', 0);
  expect(matchesSecret(text, secret)).toBe(true);
  const others = [
    `${text}x`,
    text.slice(0, -1),
    text.toUpperCase(),
    '',
    createSecret('stream', 0).text,
    secret.sha256,
  ];
  expect(others.filter((other) => matchesSecret(other, secret))).toEqual([]);
});

test('without a stored secret nothing matches, not even an empty text', () => {
  expect(matchesSecret('', undefined)).toBe(false);
  expect(matchesSecret(createSecret('api', 0).text, undefined)).toBe(false);
});

test.each([
  '',
  'tl_stream_',
  'tl_root_0123456789ab_x',
  'Basic abc',
  'tl_api_0123456789ab_'.padEnd(10_000, 'x'),
])('%.30j has no id', (text) => {
  expect(secretIdOf(text)).toBeUndefined();
});
