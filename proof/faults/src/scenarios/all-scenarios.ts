import { killSession } from './f01-kill-session.ts';
import { killPersister } from './f02-kill-persister.ts';
import { killGateway } from './f03-kill-gateway.ts';
import { killGatewayWithSpool } from './f04-kill-gateway-with-spool.ts';
import { freezeSession } from './f05-freeze-session.ts';
import { freezePersister } from './f06-freeze-persister.ts';
import { killRedis } from './f07-kill-redis.ts';
import { killRedisEverysec } from './f08-kill-redis-everysec.ts';
import { loseTheTail } from './f08-lose-the-tail.ts';
import { failoverWithReplicaDurability } from './f09-failover-with-replica-durability.ts';
import { failover } from './f09-failover.ts';
import { partitionedPrimary } from './f09-partitioned-primary.ts';
import { blackHole } from './f10-black-hole.ts';
import { freezeRedis } from './f10-freeze-redis.ts';
import { resets } from './f11-resets.ts';
import { latency } from './f12-latency.ts';
import { outage } from './f13-outage.ts';
import { failingSnapshots } from './f14-failing-snapshots.ts';
import { fullMemory } from './f14-full-memory.ts';
import { readOnly } from './f14-read-only.ts';
import { flushScripts } from './f15-flush-scripts.ts';
import { emptyRedis } from './f16-empty-redis.ts';
import { loseKeys } from './f16-lose-keys.ts';
import { longCall } from './f17-long-call.ts';
import { restartPostgres } from './f18-restart-postgres.ts';
import { terminateBackends } from './f19-terminate-backends.ts';
import { cutAfterCommit } from './f20-cut-after-commit.ts';
import { diskFull } from './f21-disk-full.ts';
import { locks } from './f22-locks.ts';
import { noConnections } from './f23-no-connections.ts';
import { misconfigured } from './f24-misconfigured.ts';
import { poison } from './f25-poison.ts';
import { noDeadLetters } from './f26-no-dead-letters.ts';
import { tripledAndShuffled } from './f27-tripled-and-shuffled.ts';
import { twoGateways } from './f28-two-gateways.ts';
import { lateFinals } from './f29-late-finals.ts';
import { stalledPersister } from './f30-stalled-persister.ts';
import { clocks } from './f31-clocks.ts';
import { stall } from './f32-stall.ts';
import { slowPersister } from './f33-slow-persister.ts';
import { fuzz } from './f34-fuzz.ts';
import { halfOpen } from './f35-half-open.ts';
import { manyCalls } from './f36-many-calls.ts';
import { auth } from './f37-auth.ts';
import { webhooks } from './f38-webhooks.ts';
import { canaries } from './f39-canary.ts';
import { hostileText } from './f40-hostile-text.ts';
import { rights } from './f41-rights.ts';
import { rollingRestart } from './f42-rolling-restart.ts';
import { twoMigrators } from './f43-two-migrators.ts';
import { crashFromWithin } from './f44-crash-from-within.ts';
import { restore } from './f45-restore.ts';
import { giantCalls } from './f46-giant-calls.ts';
import { outageFillsRedis } from './f47-outage-fills-redis.ts';
import { slowRows } from './f48-slow-rows.ts';
import { loudLines } from './f49-loud-lines.ts';
import { foreignKeys } from './f50-foreign-keys.ts';
import { throwingEntries } from './f51-throwing-entries.ts';
import { postgresLostCommits } from './f52-postgres-lost-commits.ts';
import { keptConnections } from './f53-kept-connections.ts';
import { clockSetBack } from './f54-clock-set-back.ts';
import { type Scenario } from './scenario.ts';

/** All rows of the matrix that can be run, in their order. */
export const allScenarios: readonly Scenario[] = [
  killSession,
  killPersister,
  killGateway,
  killGatewayWithSpool,
  freezeSession,
  freezePersister,
  killRedis,
  killRedisEverysec,
  loseTheTail,
  failover,
  failoverWithReplicaDurability,
  partitionedPrimary,
  blackHole,
  freezeRedis,
  resets,
  latency,
  outage,
  fullMemory,
  failingSnapshots,
  readOnly,
  flushScripts,
  loseKeys,
  emptyRedis,
  longCall,
  restartPostgres,
  terminateBackends,
  cutAfterCommit,
  diskFull,
  locks,
  noConnections,
  misconfigured,
  poison,
  noDeadLetters,
  tripledAndShuffled,
  twoGateways,
  lateFinals,
  stalledPersister,
  clocks,
  stall,
  slowPersister,
  fuzz,
  halfOpen,
  manyCalls,
  auth,
  webhooks,
  canaries,
  hostileText,
  rights,
  rollingRestart,
  twoMigrators,
  crashFromWithin,
  restore,
  giantCalls,
  outageFillsRedis,
  slowRows,
  loudLines,
  foreignKeys,
  throwingEntries,
  postgresLostCommits,
  keptConnections,
  clockSetBack,
];

/** The scenarios of these ids or names. Throws on an unknown one. */
export function chooseScenarios(names: readonly string[]): readonly Scenario[] {
  if (names.length === 0) return allScenarios;
  return names.map((name) => {
    const found = allScenarios.find((each) =>
      [each.id.toLowerCase(), each.name].includes(name.toLowerCase()),
    );
    if (found !== undefined) return found;
    const known = allScenarios.map((each) => `${each.id} ${each.name}`).join(', ');
    throw new Error(`There is no scenario "${name}". There are ${known}.`);
  });
}
