import { expect, test } from '@jest/globals';
import { waitUntil } from '@turnlog/test-kit';
import { askUpgrade } from './testing/ask-upgrade.ts';
import { startTestGateway, type TestGateway } from './testing/test-gateway.ts';

const CASES: readonly (readonly [reason: string, ask: (gateway: TestGateway) => Promise<unknown>])[] = [
  ['socket.unauthorized', (gateway) => askUpgrade(gateway.url, {})],
  ['http.unauthorized', (gateway) => gateway.post('CA1', { event: 'stage', stage: 'closing' })],
  ['http.not_found', (gateway) => fetch(`${gateway.httpUrl}/nowhere`)],
  [
    'callback.unknown_secret',
    (gateway) => fetch(`${gateway.httpUrl}/webhooks/exotel/status/${'x'.repeat(24)}`),
  ],
];

test.each(CASES)('a refusal is logged with its reason: %s', async (reason, ask) => {
  const gateway = await startTestGateway({ AUTHENTICATE: 'always' });
  try {
    await ask(gateway);
    const line = await waitUntil(() => gateway.logLines.find(({ event }) => event === 'requests_refused'), {
      what: 'it is logged',
    });
    expect(line).toMatchObject({ level: 40, total: 1, by_reason: { [reason]: 1 } });
  } finally {
    await gateway.stop();
  }
});
