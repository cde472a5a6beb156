import { isDeepStrictEqual } from 'node:util';
import { DeadLetters, readCallLogs, type StoredDeadLetter } from '@turnlog/call-log';
import { type World } from '../world/world.ts';
import { compareCall, compareLog } from './compare-call.ts';
import { untilQuiet } from './quiescence.ts';
import { verifyRecords } from './verify-records.ts';
import { type Violation } from './violation.ts';

/** A scenario's expectations besides that nothing is lost. */
export interface Expectations {
  /** How long the system may take to come to rest; 90 s by default. */
  readonly quietWithinMs?: number;
  /** The calls of the dead letters that the scenario caused; none by default. */
  readonly deadLetters?: readonly string[];
  /** Calls that may end as a dead letter or as a row. */
  readonly mayBeDeadLetters?: readonly string[];
  /** An older version wrote some rows: those are compared by their number of events alone. */
  readonly mayBeOlderFolds?: boolean;
  /** Whether a service may have ended as in this notice; by default by the SIGKILL that we sent. */
  readonly isPlannedEnd?: (notice: string) => boolean;
}

const AT_ONCE = 4;

/**
 * After the load: waits until all is quiet, then compares the journal with the record. Empty if all is well.
 */
export async function judge(world: World, expectations: Expectations = {}): Promise<Violation[]> {
  const { quietWithinMs = 90_000 } = expectations;
  return [
    ...(await untilQuiet(world, quietWithinMs)),
    ...(await compareAll(world, await findSetAside(world, expectations))),
    ...(await compareRows(world)),
    ...(await verifyRecords(world, expectations.mayBeOlderFolds)),
    ...(await compareLetters(world, expectations)),
    ...unplannedEnds(world, expectations),
    ...(await unreadyServices(world)),
  ];
}

/** Calls that could end as a dead letter and did: their events are in their logs. */
async function findSetAside(
  { redisEye, space }: World,
  { mayBeDeadLetters = [] }: Expectations,
): Promise<ReadonlySet<string>> {
  const letters = await new DeadLetters(redisEye, space).list();
  const calls = letters.filter(({ kind }) => kind === 'call').map(({ call }) => call.callSid);
  return new Set(calls.filter((callSid) => mayBeDeadLetters.includes(callSid)));
}

async function compareAll(
  { ledger, store, redisEye, space }: World,
  setAside: ReadonlySet<string>,
): Promise<Violation[]> {
  const left = [...ledger.calls()];
  const violations: Violation[] = [];
  const work = async (): Promise<void> => {
    for (let call = left.shift(); call !== undefined; call = left.shift()) {
      if (!setAside.has(call.callSid)) {
        violations.push(...(await compareCall(store, call)));
        continue;
      }
      const key = { tenant: 'default', callSid: call.callSid };
      const [log] = await readCallLogs(redisEye, space, [{ call: key, fromSeq: 1 }]);
      violations.push(...(await compareLog(call, log?.entries.map(({ text }) => text) ?? [])));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return violations;
}

/** Only played calls have a row, and each ended call has a finished one. */
async function compareRows({ ledger, sql }: World): Promise<Violation[]> {
  const { rows } = await sql.query<{ call_sid: string; status: string; end_reason: string | null }>(
    'select call_sid, status, end_reason from call_sessions',
  );
  const played = new Map(ledger.calls().map((call) => [call.callSid, call]));
  return rows.flatMap(({ call_sid: callSid, status, end_reason: reason }) => {
    const call = played.get(callSid);
    if (call === undefined) return [{ callSid, problem: 'it has a row and was never played' }];
    const isOver = call.lineEnds.length > 0;
    if (isOver && status !== 'completed')
      return [{ callSid, problem: `its line is over and its status is ${status}` }];
    const isHungUp = isOver && call.lineEnds.every((end) => end === 'hung-up');
    if (isHungUp && reason === null) return [{ callSid, problem: 'its row does not say how it ended' }];
    return [];
  });
}

async function compareLetters(
  { redisEye, space }: World,
  { deadLetters: planted = [], mayBeDeadLetters = [] }: Expectations,
): Promise<Violation[]> {
  const all = await new DeadLetters(redisEye, space).list();
  const letters = all.filter(({ call }) => !mayBeDeadLetters.includes(call.callSid));
  const found = letters.map(({ call }) => call.callSid).sort();
  if (isDeepStrictEqual(found, [...planted].sort())) return [];
  const told = letters.slice(0, 3).map(describe).join('; ');
  return [
    {
      problem: `there are ${letters.length} dead letters (${told}), planted: ${planted.join(', ') || 'none'}`,
    },
  ];
}

function describe({ call, kind, reason, detail }: StoredDeadLetter): string {
  return `${call.callSid} ${kind} ${reason} ${detail}`;
}

function unplannedEnds({ notices }: World, { isPlannedEnd }: Expectations): Violation[] {
  const isPlanned =
    isPlannedEnd ?? ((notice: string) => / ended with SIGKILL, which it was sent;/.test(notice));
  const ends = notices.filter((notice) => / ended with | did not stop /.test(notice));
  return ends.filter((notice) => !isPlanned(notice)).map((notice) => ({ problem: `unplanned: ${notice}` }));
}

async function unreadyServices({ stack }: World): Promise<Violation[]> {
  const states = await Promise.all(
    stack.services.map(async ({ name, healthPort }) => ({ name, problem: await whyNotReady(healthPort) })),
  );
  return states.flatMap(({ name, problem }) =>
    problem === undefined ? [] : [{ problem: `${name}: ${problem}` }],
  );
}

async function whyNotReady(port: number): Promise<string | undefined> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(5_000) });
    return response.ok ? undefined : `not ready at the end: ${(await response.text()).slice(0, 300)}`;
  } catch (error) {
    return `does not answer at the end: ${String(error)}`;
  }
}
