import { type CallKey } from '@turnlog/call-events';
import { type CallDifference, type CallStore } from '@turnlog/call-store';
import { CommandError } from '../command-error.ts';
import { defineCommand } from '../command.ts';
import { databaseFlags, redisFlags } from '../connections/server-flags.ts';
import { withStore } from '../connections/with-store.ts';
import { switchFlag, jsonFlag, tenantFlag } from '../flags.ts';
import { visibleText } from '../format/visible-text.ts';
import { print, printJson, type Terminal } from '../terminal.ts';
import { findLostCalls } from '../verify/lost-calls.ts';
import { readCallOrThrow } from './show.ts';

const AT_ONCE = 4;
const PROGRESS_EVERY = 500;

/** A call whose row differs from its archive. */
interface DifferingCall extends CallKey {
  readonly differences: readonly CallDifference[];
}

interface Verification {
  readonly verified: number;
  /** Retention has deleted their archives, so they cannot be compared. */
  readonly withoutArchive: number;
  /** Other rules folded their rows: they are compared once they are written again. */
  readonly otherFoldVersion: number;
  readonly differing: readonly DifferingCall[];
  /**
   * They are in Postgres according to Redis, but Postgres lacks them or a part of them. Checked with `--all`.
   */
  readonly lost: readonly CallKey[];
}

export const verify = defineCommand({
  name: 'verify',
  summary: 'fold the archive of a call, or of all, again and compare it with the record',
  parameters: '<callSid> | --all',
  count: { min: 0, max: 1 },
  details: [
    'Ends with exit code 1 if anything differs, and lists it.',
    'With --all also compares what is in Postgres according to Redis, if a Redis is known.',
  ],
  flags: {
    all: switchFlag('verify every call'),
    ...tenantFlag,
    ...databaseFlags,
    ...redisFlags,
    ...jsonFlag,
  },
  run: ({ values, positionals: [callSid] }, terminal) => {
    if ((callSid === undefined) !== values.all) {
      throw new CommandError('Name one call, or use --all. Usage: turnlog verify <callSid> | --all');
    }
    return withStore(values, terminal, async (store) => {
      const calls = callSid === undefined ? store.callKeys() : [await keyOf(store, callSid, values.tenant)];
      const verified = await verifyAll(store, ofTenant(calls, values.tenant), progressOf(values, terminal));
      const lost = values.all ? await findLostCalls(values, store, terminal) : [];
      const isOfTenant = ({ tenant }: CallKey) => (values.tenant ?? tenant) === tenant;
      const result = { ...verified, lost: lost.filter(isOfTenant) };
      if (values.json) printJson(terminal, result);
      else print(terminal, ...describe(result));
      return result.differing.length + result.lost.length === 0 ? 0 : 1;
    });
  },
});

async function keyOf(store: CallStore, callSid: string, tenant: string | undefined): Promise<CallKey> {
  const call = await readCallOrThrow(store, callSid, tenant);
  return { tenant: call.tenant, callSid: call.call_sid };
}

async function* ofTenant(
  calls: AsyncIterable<CallKey> | Iterable<CallKey>,
  tenant: string | undefined,
): AsyncGenerator<CallKey> {
  for await (const call of calls) if ((tenant ?? call.tenant) === call.tenant) yield call;
}

/** Several calls at a time; the workers share one list. */
async function verifyAll(
  store: CallStore,
  calls: AsyncGenerator<CallKey>,
  onProgress: (verified: number) => void,
): Promise<Omit<Verification, 'lost'>> {
  const differing: DifferingCall[] = [];
  let verified = 0;
  let withoutArchive = 0;
  let otherFoldVersion = 0;
  const work = async (): Promise<void> => {
    for await (const call of calls) {
      const result = await store.verifyCall(call);
      if (!result.ok) differing.push({ ...call, differences: result.differences });
      else if ('archiveRemovedAt' in result) withoutArchive += 1;
      else if ('foldVersion' in result) otherFoldVersion += 1;
      onProgress((verified += 1));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { verified, withoutArchive, otherFoldVersion, differing };
}

function progressOf({ json }: { readonly json: boolean }, { err }: Terminal): (verified: number) => void {
  return (verified) => {
    if (!json && verified % PROGRESS_EVERY === 0) err.write(`${verified} calls verified\n`);
  };
}

function describe({ verified, withoutArchive, otherFoldVersion, differing, lost }: Verification): string[] {
  const lostLines = lost.map(
    ({ tenant, callSid }) =>
      `❌ ${tenant}/${visibleText(callSid)}: in Postgres according to Redis, but Postgres lacks it or a part of it.`,
  );
  const lines = differing.flatMap(({ tenant, callSid, differences }) => [
    `❌ ${tenant}/${visibleText(callSid)}`,
    ...differences.map(({ column, problem }) => `     ${column}: ${visibleText(problem)}`),
  ]);
  const verdict =
    differing.length === 0
      ? `✅ ${verified} call(s) verified: every record agrees with its archive.`
      : `${verified} call(s) verified, ${differing.length} differ from their archive.`;
  const retained =
    withoutArchive === 0
      ? []
      : [`${withoutArchive} of them can't be compared: retention has deleted their archives.`];
  const older =
    otherFoldVersion === 0
      ? []
      : [`${otherFoldVersion} of them were not compared: an earlier version of the rules folded their rows.`];
  return [...lines, ...lostLines, verdict, ...retained, ...older];
}
