import { expect, test } from '@jest/globals';
import { missingLibraries } from './debian-packages.ts';
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

test('of what apt would install, the libraries are fetched too', async () => {
  const plan = [
    'NOTE: This is only a simulation!',
    'The following NEW packages will be installed:',
    '  adduser libjemalloc2 liblzf1 redis-server redis-tools',
    'Inst adduser (3.134 Debian:12.0/stable [all])',
    'Inst libjemalloc2 (5.3.0-1 Debian:12.0/stable [amd64])',
    'Inst liblzf1 (3.6-3 Debian:12.0/stable [amd64])',
    'Inst redis-tools (5:7.0.15-1~deb12u1 Debian-Security:12/stable-security [amd64])',
    'Conf libjemalloc2 (5.3.0-1 Debian:12.0/stable [amd64])',
  ].join('\n');

  const missing = await missingLibraries(() => Promise.resolve(plan), ['redis-server', 'redis-tools']);

  expect(missing).toEqual(['libjemalloc2', 'liblzf1']);
});
