import { expect, test } from '@jest/globals';
import { planServices, stopTimeoutMsOf } from './service-plan.ts';

const SERVERS = {
  redisUrl: 'redis://127.0.0.1',
  databaseUrl: 'postgres://127.0.0.1/turnlog',
  serviceEnv: {},
};

test('a service gets more time to stop than its settings need, wherever they come from', () => {
  const timeoutOf = (env: Record<string, string>): number => {
    const [plan] = planServices('gateway', [{ port: 8080, healthPort: 8084 }], { ...SERVERS, env });
    return stopTimeoutMsOf('gateway', plan?.env ?? {});
  };
  expect(timeoutOf({})).toBeGreaterThan(1_000 + 5_000 + 5_000);
  expect(timeoutOf({ DRAIN_DEADLINE_MS: '600000', AGENT_LINGER_MS: '60000' })).toBeGreaterThan(665_000);
  // Postgres may take as long as its time-out allows: 25 s.
  expect(stopTimeoutMsOf('persister', {})).toBeGreaterThan(30_000);
});
