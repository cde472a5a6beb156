import { expect, test } from '@jest/globals';
import { agentFailure } from './agent-failure.ts';

const withCode = (code: string, message: string) => Object.assign(new Error(message), { code });

test.each([
  [withCode('ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:1'), 'refused', /^connect ECONNREFUSED/],
  [withCode('ECONNREFUSED', ''), 'refused', /^ECONNREFUSED$/],
  [withCode('ENOTFOUND', 'getaddrinfo ENOTFOUND bot'), 'unknown_host', /ENOTFOUND bot/],
  [withCode('DEPTH_ZERO_SELF_SIGNED_CERT', 'self-signed certificate'), 'tls', /^self-signed/],
  [new Error('Unexpected server response: 503'), 'http_503', /^the agent answered HTTP 503$/],
  [new Error('Opening handshake has timed out'), 'timeout', /AGENT_CONNECT_TIMEOUT_MS$/],
  [new Error('socket hang up'), 'failed', /^socket hang up$/],
  [undefined, 'closed_1011', /^closed with code 1011$/],
])('%s is %s', (error, reason, sentence) => {
  const failure = agentFailure(error, 1011);
  expect(failure.reason).toBe(reason);
  expect(failure.error).toMatch(sentence);
});
