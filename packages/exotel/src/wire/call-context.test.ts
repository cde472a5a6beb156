import { describe, expect, test } from '@jest/globals';
import { readCallParameters } from './call-parameters.ts';
import { chooseSampleRate } from './sample-rate.ts';

describe('the sample rate', () => {
  test.each<[number | undefined, string | undefined, number]>([
    [16000, '/media?sample-rate=24000', 16000],
    [undefined, '/media?sample-rate=16000', 16000],
    [undefined, 'wss://host/media?lead=1&sample_rate=24000#x', 24000],
    [11025, '/media?sample-rate=16kHz', 16000],
    [11025, '/media?sample-rate=44100', 8000],
    [undefined, '/media?sample-rate=oops&sample_rate=16000', 16000],
    [undefined, '/media', 8000],
    [undefined, undefined, 8000],
  ])('announced as %p with the URL %p is %i', (startRate, url, expected) => {
    expect(chooseSampleRate({ startRate, url })).toBe(expected);
  });

  test('comes from the custom parameters of the start if nothing else names it', () => {
    const customParameters = { 'sample-rate': '16000' };
    expect(chooseSampleRate({ customParameters })).toBe(16000);
    expect(chooseSampleRate({ customParameters: { sample_rate: '24kHz' } })).toBe(24000);
    expect(chooseSampleRate({ customParameters, url: '/media?sample_rate=24000' })).toBe(24000);
    expect(chooseSampleRate({ customParameters, startRate: 8000 })).toBe(8000);
  });
});

describe('the parameters of a call', () => {
  test('come from the URL, overridden by those in start', () => {
    const parameters = readCallParameters({
      url: 'wss://user:word@host/media?lead=42&lang=hi&sample-rate=16000&sample_rate=16000',
      customParameters: { lang: 'en', campaign: 'c1' },
    });
    expect(parameters).toStrictEqual({ lead: '42', lang: 'en', campaign: 'c1' });
  });

  test('keep a query without "=" as a name with an empty value', () => {
    expect(readCallParameters({ url: '/media?leads/42' })).toStrictEqual({ 'leads/42': '' });
  });

  test.each([
    'token',
    'api_key',
    'apiKey',
    'X-Auth',
    'accessToken',
    'access-token',
    'password',
    'sig',
    'SECRET',
  ])('do not include a secret named %s, in the URL and in start', (name) => {
    const source = { url: `/media?${name}=canary`, customParameters: { [name]: 'canary' } };
    expect(readCallParameters(source)).toStrictEqual({});
  });

  test.each(['keyword', 'author', 'design', 'monkey'])(
    'include %s, which only looks like a secret',
    (name) => {
      expect(readCallParameters({ url: `/media?${name}=1` })).toStrictEqual({ [name]: '1' });
    },
  );

  test('are bounded, and survive a broken escape', () => {
    const query = Array.from({ length: 100 }, (_, i) => `k${i}=%E0%A4%A`).join('&');
    expect(Object.keys(readCallParameters({ url: `/media?${query}` }))).toHaveLength(32);
  });
});
