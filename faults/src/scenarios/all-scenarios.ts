import { killSession } from './f01-kill-session.ts';
import { killPersister } from './f02-kill-persister.ts';
import { restartPostgres } from './f18-restart-postgres.ts';
import { type Scenario } from './scenario.ts';

/** All rows of the matrix that can be run, in their order. */
export const allScenarios: readonly Scenario[] = [killSession, killPersister, restartPostgres];

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
