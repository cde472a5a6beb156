const MISSING =
  'is not set: only integration tests (*.integration.test.ts), run by jest from the root of the repository, have servers';

/** The Redis of this test run. All tests share it: put `testKeyPrefix()` before every key. */
export function testRedisUrl(): string {
  return fromRun('TURNLOG_TEST_REDIS_URL');
}

/** The Postgres of this test run, as its superuser. Create a database in it with `createTestDatabase()`. */
export function testDatabaseUrl(): string {
  return fromRun('TURNLOG_TEST_DATABASE_URL');
}

/** The server programs for `startRedisForTest()` and `startPostgresForTest()`. */
export function testCacheDir(): string {
  return fromRun('TURNLOG_TEST_CACHE_DIR');
}

function fromRun(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`${name} ${MISSING}.`);
  return value;
}
