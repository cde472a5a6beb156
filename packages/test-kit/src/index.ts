export { CANARY_PHONE, canariesIn, canary, playCarrier, readLogs, readOps } from './canary/canary.ts';
export { captureLines, type CapturedLines } from './capture-lines.ts';
export { createTestDatabase, type TestDatabase, type TestDatabaseOptions } from './create-test-database.ts';
export {
  type PrivatePostgresOptions,
  type PrivateRedisOptions,
  type PrivateServer,
  startPostgresForTest,
  startRedisForTest,
  startSentinelForTest,
  type WatchedPrimary,
} from './private-server.ts';
export { freePort } from './free-port.ts';
export { startKeepingProxy, type KeepingProxy } from './keeping-proxy.ts';
export { growthOverTenfold } from './growth.ts';
export { testCacheDir, testDatabaseUrl, testRedisUrl } from './test-environment.ts';
export { testKeyPrefix } from './test-key-prefix.ts';
export { waitUntil, type WaitOptions } from './wait-until.ts';

export { makePostgresRoles, redisUsers, withUser, type RedisUse } from './rights/own-users.ts';
export { POSTGRES_RIGHTS, tryPostgresRole } from './rights/postgres-rights.ts';
export { REDIS_RIGHTS, redisRefusal, tryRedisCommands, type RightsTrial } from './rights/redis-rights.ts';
export { type Rng, createRng } from './random/rng.ts';
