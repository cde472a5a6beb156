export {
  createCommandClient,
  untilReady,
  createBlockingClient,
  type RedisClientOptions,
} from './connect/clients.ts';
export {
  connectRedis,
  watchUsability,
  type ConnectRedisOptions,
  type ConnectionLogger,
  type StopSteps,
} from './connect/connect-redis.ts';
export { type Asked, microBatch } from './scripts/micro-batch.ts';
export {
  toError,
  type ScriptRun,
  pipeRuns,
  type Barrier,
  runScripts,
  runAll,
  createScriptPipeline,
} from './scripts/script-pipeline.ts';
export { type ScriptArgument, defineScript, type Script, runScript } from './scripts/script.ts';
export { CAUGHT_LUA } from './server/read-only.ts';
export { NO_RUN_ID, RUN_ID_DIGITS, AskedServerRun, isInfoForbidden } from './server/server-run.ts';
export { execAll } from './scripts/exec-all.ts';
export { serialize } from './scripts/serialize.ts';
export { toUnixMs, type TimeReply, serverTimeMs } from './server/server-time.ts';
export { defineGroupedScript, runGrouped } from './scripts/grouped-script.ts';
export { memoryShare } from './server/memory-share.ts';
export { ClusterNotSupportedError } from './connect/refuse-cluster.ts';
export { type RedisAddress, type SentinelAddress } from './connect/redis-address.ts';
