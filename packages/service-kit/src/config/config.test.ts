import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { httpUrl, postgresUrl, redisUrl, wsUrlTemplate } from './env-url.ts';
import { booleanFlag, type EnvValue, logLevel, port, wholeNumber } from './env-value.ts';
import { loadConfigOrExit } from './load-config-or-exit.ts';
import { readConfig } from './read-config.ts';

/** The value of one variable, or its problem. */
function read(schema: EnvValue<unknown>, text: string): unknown {
  const result = readConfig(z.object({ X: schema }), { X: text });
  return result.ok ? result.config.X : result.problems.join('; ');
}

const schema = z.object({
  AUDIO_BATCH_MS: wholeNumber(20, 10_000, 'milliseconds').default(100),
  PORT: port.default(8080),
  REDIS_URL: redisUrl,
  AUDIO: booleanFlag.default(true),
  LOG_LEVEL: logLevel.default('info'),
});

describe('readConfig', () => {
  it('reads typed settings, with defaults where nothing is set', () => {
    const result = readConfig(schema, { REDIS_URL: 'redis://localhost:6379', AUDIO: 'off', PORT: ' 9000 ' });
    expect(result).toEqual({
      ok: true,
      config: {
        AUDIO_BATCH_MS: 100,
        PORT: 9000,
        REDIS_URL: 'redis://localhost:6379',
        AUDIO: false,
        LOG_LEVEL: 'info',
      },
    });
  });

  it('lists every problem at once, each with what was expected and what was found', () => {
    const result = readConfig(schema, { AUDIO_BATCH_MS: 'abc', PORT: '70000', AUDIO: 'maybe' });
    expect(result).toEqual({
      ok: false,
      problems: [
        'AUDIO_BATCH_MS: expected a whole number of milliseconds from 20 to 10000, got "abc"',
        'PORT: expected a port number from 0 to 65535, got "70000"',
        'REDIS_URL: expected a URL such as redis://user:password@host:6379/0 or redis+sentinel://host:26379,host2:26379/mymaster, but it is not set',
        'AUDIO: expected true or false (or 1/0, yes/no, on/off), got "maybe"',
      ],
    });
  });

  it('takes an empty or blank text for not set', () => {
    const result = readConfig(schema, { REDIS_URL: ' ', PORT: '' });
    expect(result).toMatchObject({ ok: false, problems: [expect.stringMatching(/^REDIS_URL: .*not set$/)] });
  });

  it('leaves an optional setting out', () => {
    expect(readConfig(z.object({ AGENT_URL: wsUrlTemplate().optional() }), { AGENT_URL: '' })).toEqual({
      ok: true,
      config: {},
    });
  });

  it('names no variable for a problem between two', () => {
    const range = z
      .object({ MIN: wholeNumber(0, 9), MAX: wholeNumber(0, 9) })
      .refine(({ MIN, MAX }) => MIN <= MAX, { error: 'MIN must not be above MAX' });
    expect(readConfig(range, { MIN: '5', MAX: '4' })).toEqual({
      ok: false,
      problems: ['MIN must not be above MAX'],
    });
  });

  it('never shows a password, wherever it was put', () => {
    const secret = 'hunter2';
    const everywhere = z.object({
      REDIS_URL: redisUrl,
      DATABASE_URL: postgresUrl,
      API_URL: httpUrl,
      AGENT_URL: wsUrlTemplate(['callSid']),
      PORT: port,
      LOG_LEVEL: logLevel,
      AUDIO: booleanFlag,
    });
    const wrong = Object.keys(everywhere.shape).map((name) => [
      name,
      `ftp://user:${secret}@host/{x?k=${secret}`,
    ]);
    const malformed = Object.keys(everywhere.shape).map((name) => [name, `redis://u:/${secret}@:x`]);
    const sentinels = Object.keys(everywhere.shape).map((name) => [
      name,
      `redis+sentinel://u:${secret}@host:x/name?sentinel_password=${secret}`,
    ]);
    for (const env of [wrong, malformed, sentinels]) {
      const result = readConfig(everywhere, Object.fromEntries(env) as Record<string, string>);
      expect(result).toMatchObject({ ok: false });
      expect(JSON.stringify(result)).not.toContain(secret);
    }
  });
});

describe('the values', () => {
  it.each(['abc', '1.5', '1e3', '0x10', '9', '101', '99999999999999999999', '12ms', '１２'])(
    'refuse %s as a whole number from 10 to 100',
    (text) =>
      expect(read(wholeNumber(10, 100), text)).toMatch(/^X: expected a whole number from 10 to 100, got/),
  );

  it.each(['true', '1', 'YES', 'on'])('read %s as yes', (text) => expect(read(booleanFlag, text)).toBe(true));
  it.each(['false', '0', 'No', 'off'])('read %s as no', (text) =>
    expect(read(booleanFlag, text)).toBe(false),
  );

  it.each([
    [redisUrl, 'rediss://user:pw@cache.example:6380/2'],
    [redisUrl, 'redis+sentinel://user:pw@a.example:26379,b.example/mymaster/2?sentinel_password=x'],
    [postgresUrl, 'postgres:///turnlog?host=/run/postgresql'],
    [postgresUrl, 'postgresql://u:p%40@db.example/turnlog?sslmode=verify-full'],
    [httpUrl, 'https://api.example/v1'],
    [wsUrlTemplate(), 'wss://agent.example/{tenant}/{callSid}?x={parameters.flow}'],
    [wsUrlTemplate(), 'wss://agent.example/?x={params.lead-id}&rate={sampleRate}'],
  ])('accept a good URL as written (%#)', (value, text) => expect(read(value, text)).toBe(text));

  it.each([
    [redisUrl, 'localhost:6379', /another scheme$/],
    [redisUrl, 'redis:///0', /without a host$/],
    [redisUrl, 'redis://host/name', /not a database number$/],
    [redisUrl, 'redis+sentinel://host:26379', /without the name of the primary behind the hosts$/],
    [redisUrl, 'redis+sentinel:///mymaster', /a host that is not host or host:port$/],
    [redisUrl, 'redis+sentinel://a:26379,/mymaster', /a host that is not host or host:port$/],
    [redisUrl, 'redis+sentinel://a:99999/mymaster', /a host that is not host or host:port$/],
    [redisUrl, 'redis+sentinel://a/mymaster/x', /behind the name that is not a database number$/],
    [redisUrl, 'redis+sentinel://u:%zz@a/mymaster', /not percent-encoded rightly$/],
    [redisUrl, 'redis+sentinel://a/mymaster?db=2', /sentinel_username, sentinel_password, ssl_ca_certs$/],
    [postgresUrl, 'postgres://host', /without a database name$/],
    [postgresUrl, 'postgres:///turnlog', /without a host$/],
    [httpUrl, 'api.example', /not a URL$/],
    [wsUrlTemplate(), 'http://agent.example', /another scheme$/],
    [wsUrlTemplate(), 'ws://agent.example/{call', /got a brace that is not part of a placeholder$/],
    [
      wsUrlTemplate(),
      'ws://agent.example/{lead id}',
      /\{params\.lead-id\}, got the placeholder \{lead id\}$/,
    ],
    [wsUrlTemplate(), 'ws://agent.example/{}', /got the placeholder \{\}$/],
    [
      wsUrlTemplate(['callSid']),
      'ws://agent.example/{call_id}',
      /no placeholders but \{callSid\}, .*\{call_id\}$/,
    ],
  ])('say what is wrong with a URL (%#)', (value, text, problem) =>
    expect(read(value, text)).toMatch(problem),
  );
});

describe('loadConfigOrExit', () => {
  it('writes each problem on a line of its own and exits 1', () => {
    let written = '';
    const host = {
      env: { PORT: 'x' },
      stderr: { write: (text: string) => (written += text) },
      exit: (code: number): never => {
        throw new Error(`exit ${code}`);
      },
    };
    const two = z.object({ PORT: port, AUDIO: booleanFlag });
    expect(() => loadConfigOrExit(two, 'persister', host)).toThrow('exit 1');
    expect(written.split('\n')).toEqual([
      'persister cannot start, its settings are wrong:',
      '  PORT: expected a port number from 0 to 65535, got "x"',
      '  AUDIO: expected true or false (or 1/0, yes/no, on/off), but it is not set',
      '',
    ]);
  });
});
