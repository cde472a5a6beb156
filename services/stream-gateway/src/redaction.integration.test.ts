import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { startRedisForTest, waitUntil } from '@turnlog/test-kit';
import { dial } from './testing/bare-socket.ts';
import { framesOf } from './testing/frames.ts';
import { testTenant, type TestTenant } from './testing/test-tenant.ts';
import { afterTest, openAgent, openGateway } from './testing/open.ts';

const PHONE = '98765 43210';
const CARD = '4111 1111 1111 1111';
const PERSONAL = /98765|43210|4111 1111|example\.com/;
const REPORTS = [
  { event: 'turn', id: 't1', turn: { speaker: 'user', text: `${PHONE} and ${CARD}` } },
  { event: 'collect', id: 'c1', data: { email: 'ravi@example.com', budget: 5_000_000 } },
];

test('reports on a socket and over HTTP are redacted before they are stored', async () => {
  const agent = await openAgent();
  const gateway = await openGateway({ AGENT_URL: agent.url, REDACTION: 'mask' });
  const frames = framesOf();
  const carrier = await dial(gateway.url);
  carrier.send(frames.start);
  const socket = await agent.socket();
  socket.send(...REPORTS);
  await gateway.eventsUntil(frames.callSid, 'data.collected');
  expect((await gateway.post('CA-http', REPORTS)).status).toBe(202);

  for (const callSid of [frames.callSid, 'CA-http']) {
    const reported = (await gateway.events(callSid)).filter(
      ({ source, type }) => source !== '' && type !== 'call.started',
    );
    expect(JSON.stringify(reported)).not.toMatch(PERSONAL);
    expect(reported).toMatchObject([
      { redactions: 2, data: { text: '[phone …10] and [card …1111]' } },
      { redactions: 1, data: { fields: { email: '[email]', budget: 5_000_000 } } },
    ]);
  }
});

test('each tenant has a policy of its own', async () => {
  const masking = testTenant('masking', { redaction: 'mask' });
  const plain = testTenant('plain');
  const gateway = await openGateway({ REDACTION: 'drop' }, [masking.tenant, plain.tenant]);
  const textOf = async ({ tenant, secrets }: TestTenant): Promise<unknown> => {
    const answer = await gateway.post('CA1', REPORTS, { authorization: `Bearer ${secrets.api}` });
    expect(answer.status).toBe(202);
    return (await gateway.events('CA1', tenant.name))[0]?.data;
  };
  expect(await textOf(masking)).toMatchObject({ text: '[phone …10] and [card …1111]' });
  expect(await textOf(plain)).toMatchObject({ text: `${PHONE} and ${CARD}` });
});

test('the spool has no other copy', async () => {
  const root = await mkdtemp(path.join(os.tmpdir(), 'turnlog-test-'));
  afterTest(() => rm(root, { recursive: true, force: true }));
  const redis = await startRedisForTest();
  afterTest(() => redis.close());
  const gateway = await openGateway({
    ...{ REDIS_URL: redis.url, REDACTION: 'drop' },
    ...{ SPOOL_DIR: root, SPOOL_AFTER_MS: '50' },
  });
  redis.pause();
  const response = await gateway.post('CA-spooled', REPORTS);
  const spooled = await waitUntil(() => readAll(root), { what: 'the events are in the spool' });
  redis.resume();
  expect(await response.json()).toMatchObject({ results: [{ durable: 'spool' }, { durable: 'spool' }] });
  expect(spooled).toContain('[phone] and [card]');
  expect(spooled).not.toMatch(PERSONAL);
});

async function readAll(folder: string): Promise<string | undefined> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const texts = files.map(({ parentPath, name }) => readFile(path.join(parentPath, name), 'utf8'));
  const all = (await Promise.all(texts)).join('');
  return all.includes('CA-spooled') ? all : undefined;
}
