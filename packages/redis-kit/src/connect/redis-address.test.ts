import { describe, expect, it } from '@jest/globals';
import { parseRedisAddress } from './redis-address.ts';

describe('parseRedisAddress', () => {
  it('leaves the URL of a server as it is', () => {
    const url = 'rediss://user:p%40ss@cache.example:6380/2';
    expect(parseRedisAddress(url)).toEqual({ value: { kind: 'server', url } });
  });

  it('reads Sentinels, the name of their primary, and both credentials', () => {
    const url =
      'redis+sentinel://app:p%40ss:w%2F@a.example:26380,b.example,[::1]:7/turn%20log/3?sentinel_username=s&sentinel_password=q%26';
    expect(parseRedisAddress(url)).toEqual({
      value: {
        kind: 'sentinel',
        sentinels: [
          { host: 'a.example', port: 26380 },
          { host: 'b.example', port: 26379 },
          { host: '::1', port: 7 },
        ],
        primaryName: 'turn log',
        credentials: { username: 'app', password: 'p@ss:w/' },
        sentinelCredentials: { username: 's', password: 'q&' },
        database: 3,
        isTls: false,
        caFile: undefined,
      },
    });
  });

  it('accepts a password without a user, for Redis before 6', () => {
    expect(parseRedisAddress('redis+sentinel://:secret@host/mymaster')).toMatchObject({
      value: { credentials: { password: 'secret' }, sentinelCredentials: {}, database: 0 },
    });
  });

  it('uses TLS for Sentinels and primary with rediss+sentinel', () => {
    const url = 'rediss+sentinel://host/mymaster?ssl_ca_certs=%2Fetc%2Fca.pem';
    expect(parseRedisAddress(url)).toMatchObject({ value: { isTls: true, caFile: '/etc/ca.pem' } });
  });
});
