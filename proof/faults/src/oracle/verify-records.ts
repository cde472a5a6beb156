import { z } from 'zod';
import { type World } from '../world/world.ts';
import { turnlogOutput } from '../world/turnlog-command.ts';
import { type Violation } from './violation.ts';

const verification = z.object({
  verified: z.number(),
  otherFoldVersion: z.number(),
  differing: z.array(
    z.object({
      callSid: z.string(),
      differences: z.array(z.object({ column: z.string(), problem: z.string() })),
    }),
  ),
});

/**
 * Runs the command `turnlog verify --all`: each archive is folded again and must equal its row, and none may be
 * left out.
 */
export async function verifyRecords({ sql, postgres }: World, mayBeOlderFolds = false): Promise<Violation[]> {
  const text = await turnlogOutput('verify', '--all', '--json', '--database', postgres.url);
  const read = verification.safeParse(jsonOf(text));
  if (!read.success) return [{ problem: `verify: it says ${text.slice(0, 500)}` }];
  const { verified, otherFoldVersion, differing } = read.data;
  const { rows } = await sql.query<{ count: number }>('select count(*)::integer as count from call_sessions');
  const count = rows[0]?.count;
  const all = verified === count ? [] : [{ problem: `verify: ${verified} of ${count} rows were verified` }];
  const violations = differing.flatMap(({ callSid, differences }) =>
    differences.map(({ column, problem }) => ({ callSid, problem: `verify: ${column}: ${problem}` })),
  );
  const isCompared = otherFoldVersion === 0 || mayBeOlderFolds;
  const folds = isCompared ? [] : [{ problem: `verify: ${otherFoldVersion} rows have another fold version` }];
  return [...all, ...folds, ...violations];
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
