import { killSession } from './f01-kill-session.ts';
import { killPersister } from './f02-kill-persister.ts';
import { killGateway } from './f03-kill-gateway.ts';
import { freezeSession } from './f05-freeze-session.ts';
import { freezePersister } from './f06-freeze-persister.ts';
import { killRedis } from './f07-kill-redis.ts';
import { killRedisEverysec } from './f08-kill-redis-everysec.ts';
import { loseTheTail } from './f08-lose-the-tail.ts';
import { blackHole } from './f10-black-hole.ts';
import { resets } from './f11-resets.ts';
import { latency } from './f12-latency.ts';
import { outage } from './f13-outage.ts';
import { flushScripts } from './f15-flush-scripts.ts';
import { loseKeys } from './f16-lose-keys.ts';
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
import { stall } from './f32-stall.ts';
import { halfOpen } from './f35-half-open.ts';
import { rollingRestart } from './f42-rolling-restart.ts';
import { twoMigrators } from './f43-two-migrators.ts';
import { crashFromWithin } from './f44-crash-from-within.ts';
import { type Scenario } from './scenario.ts';

/** All rows of the matrix that can be run, in their order. */
export const allScenarios: readonly Scenario[] = [
  killSession,
  killPersister,
  killGateway,
  freezeSession,
  freezePersister,
  killRedis,
  killRedisEverysec,
  loseTheTail,
  blackHole,
  resets,
  latency,
  outage,
  flushScripts,
  loseKeys,
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
  stall,
  halfOpen,
  rollingRestart,
  twoMigrators,
  crashFromWithin,
];

/** The scenarios of these ids or names. Throws on one that there is not. */
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
