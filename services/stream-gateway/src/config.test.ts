import { expect, test } from '@jest/globals';
import { readGatewayConfig } from './config.ts';

const REDIS_URL = 'redis://localhost:6379';

test('Redis is all that has to be set', () => {
  const result = readGatewayConfig({ REDIS_URL });
  expect(result).toMatchObject({
    ok: true,
    config: {
      HOST: '127.0.0.1',
      PORT: 8080,
      HEALTH_PORT: 8084,
      TENANT: 'default',
      KEY_PREFIX: 'tl:',
      AUDIO: true,
      AUDIO_BATCH_MS: 500,
    },
  });
});

test('all problems are reported at once, each with its variable', () => {
  const result = readGatewayConfig({
    PORT: 'http',
    TENANT: 'Big Corp',
    AUDIO_BATCH_MS: '5',
    AGENT_URL: 'ws://agent/{callSid}/{other}',
    AGENT_CLOSE: 'maybe',
  });
  const names = result.ok ? [] : result.problems.map((problem) => problem.split(':')[0]);
  expect(names.sort()).toEqual(['AGENT_CLOSE', 'AGENT_URL', 'AUDIO_BATCH_MS', 'PORT', 'REDIS_URL', 'TENANT']);
});

test.each(['ws://agent/{callSid}', 'wss://agent/?p={params.lead}&t={tenant}&f={from}&o={to}&s={streamSid}'])(
  '%s is an address of an agent',
  (AGENT_URL) => {
    expect(readGatewayConfig({ REDIS_URL, AGENT_URL }).ok).toBe(true);
  },
);

test('with AGENT_AUTHORIZATION the values of a call can not choose the host', () => {
  const secret = { REDIS_URL, AGENT_AUTHORIZATION: 'Bearer s3cret' };
  expect(readGatewayConfig({ ...secret, AGENT_URL: 'wss://agent.example/{callSid}' }).ok).toBe(true);
  expect(readGatewayConfig({ ...secret, AGENT_URL: 'wss://{params.host}/calls' })).toMatchObject({
    problems: [expect.stringContaining('AGENT_URL: expected no placeholder before the path')],
  });
});

test('a header that can not be sent is refused, and is not quoted', () => {
  const result = readGatewayConfig({ REDIS_URL, AGENT_AUTHORIZATION: 'Bearer s3cret\nHost: evil' });
  expect(result).toMatchObject({ problems: [expect.stringContaining('AGENT_AUTHORIZATION: expected')] });
  expect(JSON.stringify(result)).not.toContain('s3cret');
});

test.each(['0.0.0.0', '::', '10.0.0.1', 'gateway.internal'])(
  'AUTHENTICATE=never on %s is refused',
  (HOST) => {
    const result = readGatewayConfig({ REDIS_URL, AUTHENTICATE: 'never', HOST });
    expect(result.ok ? [] : result.problems).toEqual([
      expect.stringMatching(/^AUTHENTICATE: "never" is for a HOST/),
    ]);
  },
);

test.each(['127.0.0.1', '127.8.8.8', '::1', 'localhost'])('AUTHENTICATE=never on %s is accepted', (HOST) => {
  expect(readGatewayConfig({ REDIS_URL, AUTHENTICATE: 'never', HOST }).ok).toBe(true);
});

test('lists are separated by commas, and the problem names the wrong item', () => {
  const lists = {
    TRUSTED_PROXIES: '10.0.0.0/8, ::1',
    ALLOWED_ORIGINS: 'https://a.example,https://b.example',
  };
  expect(readGatewayConfig({ REDIS_URL, ...lists })).toMatchObject({
    config: {
      TRUSTED_PROXIES: ['10.0.0.0/8', '::1'],
      ALLOWED_ORIGINS: ['https://a.example', 'https://b.example'],
    },
  });
  const wrong = readGatewayConfig({
    REDIS_URL,
    TRUSTED_PROXIES: '10.0.0.0/8,proxy',
    PUBLIC_URL: 'wss://name:secret@calls.example.com?x=y',
  });
  expect(wrong.ok ? [] : wrong.problems).toEqual([
    expect.stringMatching(/^PUBLIC_URL: expected a URL such as wss:\/\/calls\.example\.com, without/),
    expect.stringMatching(/^TRUSTED_PROXIES: .*got "proxy"$/),
  ]);
  expect(JSON.stringify(wrong)).not.toContain('secret');
});
