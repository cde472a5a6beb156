import { expect, test } from '@jest/globals';
import { fillAgentUrl, hasPlaceholderInOrigin, unknownPlaceholders } from './agent-url.ts';

const facts = {
  callSid: 'CA/1',
  tenant: 'default',
  streamSid: undefined,
  from: '+911',
  to: '+912',
  parameters: { lead: 'a&b', __proto__: 'x' },
};

test('placeholders are filled and URL-encoded, unknown values are empty', () => {
  expect(fillAgentUrl('ws://a/{tenant}/{callSid}?f={from}&t={to}&s={streamSid}', facts)).toBe(
    'ws://a/default/CA%2F1?f=%2B911&t=%2B912&s=',
  );
  expect(fillAgentUrl('ws://a/?l={params.lead}&n={params.none}&p={params.toString}', facts)).toBe(
    'ws://a/?l=a%26b&n=&p=',
  );
});

test('a value that can not be URL-encoded is made so', () => {
  expect(fillAgentUrl('ws://a/{callSid}', { ...facts, callSid: 'x\uD800' })).toBe('ws://a/x%EF%BF%BD');
});

test('unknown placeholders are found', () => {
  expect(unknownPlaceholders('ws://a/{callSid}/{call_sid}/{params.x}/{nope}')).toEqual(['call_sid', 'nope']);
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
