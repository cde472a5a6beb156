import { expect, test } from '@jest/globals';
import { dependenciesIn } from './debian-packages.ts';
import { type RedisProgram, unavailable } from './redis-program.ts';
import { firstAvailable } from './resolve-redis-binary.ts';

test('the first source that has a Redis is used, and the others are not tried', async () => {
  const found: RedisProgram = { kind: 'binary', path: '/opt/redis-server', how: 'installed' };

  const program = await firstAvailable([
    () => Promise.resolve(unavailable('not on the PATH')),
    () => Promise.resolve(found),
    () => Promise.reject(new Error('asked in vain')),
  ]);

  expect(program).toBe(found);
});

test('without a Redis, one error lists what was tried and the command for each system', async () => {
  const nowhere = [unavailable('redis-server is version 6.0.16'), unavailable('Docker does not run')];

  const resolving = firstAvailable(nowhere.map((reason) => () => Promise.resolve(reason)));

  for (const reason of nowhere) await expect(resolving).rejects.toThrow(reason.reason);
  for (const command of [
    'brew install',
    'apt-get install',
    'dnf install',
    'apk add',
    'Docker',
    'REDIS_URL',
  ]) {
    await expect(resolving).rejects.toThrow(command);
  }
});

test('the first of alternative dependencies is taken, and virtual packages are skipped', () => {
  const output = [
    'redis-tools',
    '  PreDepends: init-system-helpers',
    '  Depends: libjemalloc2',
    ' |Depends: libssl3t64',
    ' |Depends: libssl3',
    '  Depends: libssl1.1',
    '  Depends: <mail-transport-agent>',
    '    exim4-daemon-light',
    '  Depends: liblzf1',
  ].join('\n');

  expect(dependenciesIn(output)).toEqual(['init-system-helpers', 'libjemalloc2', 'libssl3t64', 'liblzf1']);
});
