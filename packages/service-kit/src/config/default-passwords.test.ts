import { expect, it } from '@jest/globals';
import { settingsWithDefaultPassword } from './default-passwords.ts';

it('names the URLs that have the password of docker-compose.yml, and no others', () => {
  const config = {
    REDIS_URL: 'redis://gateway:turnlog-dev@redis:6379',
    DATABASE_URL: 'postgres://turnlog_persister:own@postgres/turnlog',
    INSTANCE: 'turnlog-dev',
    HEALTH_PORT: 8084,
  };
  expect(settingsWithDefaultPassword(config)).toEqual(['REDIS_URL']);
});
