import { expect, test } from '@jest/globals';
import { waitUntil } from '@turnlog/test-kit';
import { once } from 'node:events';
import { Agent, request, type IncomingMessage } from 'node:http';
import { startTestGateway, type TestGateway } from './testing/test-gateway.ts';

test('clients that keep reporting over open connections do not delay the stop, and lose no report', async () => {
  const gateway = await startTestGateway();
  const statuses: (number | undefined)[] = [];
  const callSids = ['CA-on-1', 'CA-on-2', 'CA-on-3', 'CA-on-4'];
  const reporting = Promise.all(callSids.map((callSid) => reportOnAndOn(gateway, callSid, statuses)));
  await waitUntil(() => statuses.length > 20, { what: 'reports are under way' });

  const { failedSteps } = await gateway.lifecycle.stop('SIGTERM');

  expect(failedSteps).toEqual([]);
  await reporting;
  expect(new Set(statuses)).toEqual(new Set([202]));
  await gateway.stop();
});

/** Posts over one connection until it is refused. */
async function reportOnAndOn(
  { httpUrl }: TestGateway,
  callSid: string,
  statuses: (number | undefined)[],
): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (let n = 0; ; n += 1) {
    const outgoing = request(`${httpUrl}/v1/calls/${callSid}/events`, { method: 'POST', agent });
    outgoing.end(JSON.stringify({ event: 'stage', id: `s${n}`, stage: `stage ${n}` }));
    try {
      const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
      await response.toArray();
      statuses.push(response.statusCode);
    } catch {
      return;
    }
  }
}
