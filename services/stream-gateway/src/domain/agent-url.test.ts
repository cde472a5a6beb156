import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  fillAgentUrl,
  hasPlaceholderInOrigin,
  unknownPlaceholders,
  type AgentUrlFacts,
} from './agent-url.ts';

const facts: AgentUrlFacts = {
  callSid: 'CA/1',
  tenant: 'default',
  streamSid: undefined,
  from: '+911',
  to: '+912',
  parameters: { lead: 'a&b', 'lead-id': '42', __proto__: 'x' },
  sampleRate: 16_000,
};

test('placeholders are filled and URL-encoded, unknown values are empty', () => {
  expect(fillAgentUrl('ws://a/{tenant}/{callSid}?f={from}&t={to}&s={streamSid}', facts)).toEqual({
    ok: true,
    url: 'ws://a/default/CA%2F1?f=%2B911&t=%2B912&s=',
  });
  expect(fillAgentUrl('ws://a/?l={params.lead}&n={params.none}&p={params.toString}', facts)).toEqual({
    ok: true,
    url: 'ws://a/?l=a%26b&n=&p=',
  });
});

test('a value or parameter that can not be URL-encoded is replaced by one that can', () => {
  const broken = { ...facts, callSid: 'x\uD800', parameters: { note: 'y\uD83D' } };
  expect(fillAgentUrl('ws://a/{callSid}?n={params.note}', broken)).toEqual({
    ok: true,
    url: 'ws://a/x%EF%BF%BD?n=y%EF%BF%BD',
  });
});

describe('a call with values that do not fit the URL has no agent, and the log has the reason', () => {
  test.each([
    ['ws://{params.region}.agent.example/x', {}, '{params.region} stands before its path'],
    ['ws://{params.host}/agent/x', {}, '{params.host} stands before its path'],
    ['ws://agent.example:{params.port}/', { port: 'abc' }, 'it is not a URL'],
    ['ws://{params.host}/', { host: 'a/b' }, 'it is not a URL'],
    ['ws://a/calls/{params.x}/end', { x: '..' }, 'make ".." of a part'],
    ['ws://a/calls/{params.x}', { x: '.' }, 'make "." of a part'],
    ['ws://a/calls/{params.x}{params.y}/end', { x: '.', y: '.' }, 'make ".." of a part'],
    ['ws://a/calls/%2e{params.x}/end', { x: '.' }, 'make ".." of a part'],
  ])('%s with %j: %s', (template, parameters, reason) => {
    const filled = fillAgentUrl(template, { ...facts, parameters });
    expect(filled).toMatchObject({ ok: false, problem: expect.stringContaining(reason) as unknown });
  });
});

test('a call without the values for the host does not dial another host', () => {
  // A URL parser would take the first part of the path for the host.
  expect(fillAgentUrl('ws://{params.host}/agent/x', facts)).toMatchObject({ ok: false });
});

test.each(['%2e%2e', '%2E', '../..', '..%2f', '...', '. .', '..\\..', '.\u0000'])(
  'the value %j is one segment of the path, and nothing else',
  (value) => {
    const filled = fillAgentUrl('ws://a/calls/{callSid}/end', { ...facts, callSid: value });
    if (!filled.ok) throw new Error(filled.problem);
    const segments = new URL(filled.url).pathname.split('/').map(decodeURIComponent);
    expect(segments).toEqual(['', 'calls', value, 'end']);
  },
);

test('any values in any template: the URL has the host, the path and the query of the template, or there is none', () => {
  const value = fc.oneof(
    fc.constantFrom('', '.', '..', '%2e', '%2e%2e', '/', '\\', '?', '#', '@', ':', '😀', '\uD83D', '..\n'),
    fc.string({ unit: 'binary', maxLength: 8 }),
  );
  const names = ['callSid', 'params.a', 'params.b', 'params.none', 'from', 'streamSid'];
  const part = fc.oneof(
    fc.constantFrom('calls', '.', '%2e', '-', 'x.'),
    fc.constantFrom(...names).map((name) => `{${name}}`),
  );
  const segment = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join(''));
  const isOwnDots = (text: string): boolean => /^(?:\.|%2e){1,2}$/.test(text);
  const segments = fc.array(
    segment.filter((text) => !isOwnDots(text)),
    { maxLength: 4 },
  );
  const host = fc.constantFrom('agent.example', '{params.a}.example', 'agent.example:{params.b}');
  const of = { callSid: value, from: value, streamSid: value, a: value, b: value };
  fc.assert(
    fc.property(host, segments, fc.boolean(), fc.record(of), (origin, path, asksMore, values) => {
      const query = asksMore ? '?q={params.b}' : '';
      const template = `ws://${origin}/fixed/${path.join('/')}${query}`;
      const { a, b, ...ids } = values;
      const filled = fillAgentUrl(template, { ...facts, ...ids, parameters: { a, b } });
      if (!filled.ok) return;
      const url = new URL(filled.url);
      expect(url.pathname.startsWith('/fixed/')).toBe(true);
      expect(url.pathname.split('/')).toHaveLength(path.length === 0 ? 3 : 2 + path.length);
      expect(url.host.endsWith('example') || origin.includes(':')).toBe(true);
      expect(url.hash).toBe('');
      expect([...url.searchParams.keys()]).toEqual(asksMore ? ['q'] : []);
      if (asksMore) expect(url.searchParams.get('q')).toBe(b.toWellFormed());
    }),
    { numRuns: 1_000 },
  );
});

test('the rate, and parameters of names with a hyphen, are filled in', () => {
  const template = 'ws://a/?r={sampleRate}&s={params.sample-rate}&t={params.sample_rate}&l={params.lead-id}';
  expect(fillAgentUrl(template, facts)).toEqual({ ok: true, url: 'ws://a/?r=16000&s=16000&t=16000&l=42' });
});

test('unknown placeholders are found', () => {
  expect(unknownPlaceholders('ws://a/{callSid}/{call_sid}/{params.x-y}/{nope}/{params.}')).toEqual([
    'call_sid',
    'nope',
    'params.',
  ]);
});

test.each([
  ['wss://agent.example/{callSid}?t={tenant}', false],
  ['wss://agent.example?t={tenant}', false],
  ['wss://{params.region}.agent.example/x', true],
  ['wss://agent.example:{params.port}/x', true],
  ['wss://{tenant}@agent.example/x', true],
])('whether the host of %s depends on the call: %s', (template, depends) => {
  expect(hasPlaceholderInOrigin(template)).toBe(depends);
});
