import { sleep } from '@turnlog/service-kit';
import { type Context } from './scenario.ts';

const EVERY_MS = 500;
const TIMEOUT_MS = 2_000;

/**
 * Waits, and expects every service to be alive in the meantime: an unavailable server is no reason to restart
 * a service.
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
      if (answer !== undefined) complaints.add(`${name} is not alive: ${answer.slice(0, 300)}`);
    }
    await sleep(EVERY_MS);
  }
  for (const complaint of complaints) expect(false, complaint);
}
