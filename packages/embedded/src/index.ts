export { stopLeftoverServer } from './data-folder-lock.ts';
export { type EmbeddedServer } from './embedded-server.ts';
export { freePort, portProblem, type PortRange } from './free-port.ts';
export { type RedisProgram, type Log } from './redis-program.ts';
export { resolveRedisBinary } from './resolve-redis-binary.ts';
export { type PostgresOptions, startPostgres } from './start-postgres.ts';
export { type RedisOptions, startRedis } from './start-redis.ts';
export { type SentinelOptions, startSentinel } from './start-sentinel.ts';
