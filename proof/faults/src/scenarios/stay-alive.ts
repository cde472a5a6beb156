import { sleep } from '@turnlog/service-kit';
import { type Context } from './scenario.ts';

const EVERY_MS = 500;
const TIMEOUT_MS = 2_000;

/**
 * Waits, and expects every service to say meanwhile that it is alive: a server that is away is no reason to start a service
 * again, which would help nobody.
 */
export async function stayAlive({ stack, expect }: Context, forMs: number): Promise<void> {
  const until = performance.now() + forMs;
  const complaints = new Set<string>();
  while (performance.now() < until) {
    for (const { name, healthPort } of stack.services) {
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      const answer = await fetch(`http://127.0.0.1:${healthPort}/healthz`, { signal }).then(
        async (response) => (response.ok ? undefined : response.text()),
        (error: unknown) => String(error),
      );
      if (answer !== undefined) complaints.add(`${name} says that it is not alive: ${answer.slice(0, 300)}`);
    }
    await sleep(EVERY_MS);
  }
  for (const complaint of complaints) expect(false, complaint);
}
