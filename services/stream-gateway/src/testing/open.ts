import { afterEach } from '@jest/globals';
import { startAgent, type BareAgent } from './bare-socket.ts';
import { startTestGateway, type TestGateway } from './test-gateway.ts';

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** Registers what a test has to close. The last registered is closed first. */
export function afterTest(close: () => unknown): void {
  closing.push(close);
}

/** A gateway that stops after the test. */
export async function openGateway(...args: Parameters<typeof startTestGateway>): Promise<TestGateway> {
  const gateway = await startTestGateway(...args);
  afterTest(() => gateway.stop());
  return gateway;
}

/** An agent that closes after the test. */
export async function openAgent(port?: number): Promise<BareAgent> {
  const agent = await startAgent(port);
  afterTest(() => agent.close());
  return agent;
}

/** An agent, and a gateway that dials it. */
export async function openGatewayWithAgent(
  settings: Record<string, string> = {},
): Promise<{ readonly agent: BareAgent; readonly gateway: TestGateway }> {
  const agent = await openAgent();
  return { agent, gateway: await openGateway({ AGENT_URL: agent.url, ...settings }) };
}
