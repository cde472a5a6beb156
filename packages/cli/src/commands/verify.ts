import type { CallKey } from '@turnlog/call-events';
import type { CallDifference, CallStore } from '@turnlog/call-store';
import { UsageError } from '../command-error.ts';
import { defineCommand } from '../command.ts';
import { withStore } from '../connections/with-store.ts';
import { databaseFlags, redisFlags, switchFlag, tenantFlag } from '../flags.ts';
import { forEachAtOnce } from '../for-each-at-once.ts';
import { visibleText } from '../format/visible-text.ts';
import type { Terminal } from '../terminal.ts';
import { findLostCalls } from '../verify/lost-calls.ts';
import { readCallOrThrow } from './show.ts';

const AT_ONCE = 4;
const PROGRESS_EVERY = 500;

/** A call whose row differs from its archive. */
interface DifferingCall extends CallKey {
  readonly differences: readonly CallDifference[];
}

interface Verification {
  verified: number;
  /** Retention has deleted their archives, so they cannot be compared. */
  withoutArchive: number;
  /** Other rules folded their rows: they are compared once they are written again. */
  otherFoldVersion: number;
  readonly differing: DifferingCall[];
  /** They are in Postgres according to Redis, but Postgres lacks them in part. Checked with `--all`. */
  readonly lost: CallKey[];
}

export const command = defineCommand({
  usage: 'verify <callSid> | --all',
  count: [0, 1],
  details: [
    'Ends with exit code 1 if anything differs, and lists it.',
    'With --all also compares what is in Postgres according to Redis, if a Redis is known.',
  ],
  flags: {
    all: switchFlag('verify every call'),
    ...tenantFlag,
    ...databaseFlags,
    ...redisFlags,
  },
  run: async ({ values, positionals: [callSid] }, terminal) => {
    if ((callSid === undefined) !== values.all) throw new UsageError('Name one call, or use --all.');
    return withStore(values, terminal, async (store) => {
      const { tenant, all } = values;
      const calls = callSid === undefined ? store.callKeys() : [await keyOf(store, callSid, tenant)];
      const isWanted = (call: CallKey): boolean => (tenant ?? call.tenant) === call.tenant;
      const result = await verifyAll(store, calls, isWanted, progressOf(values, terminal));
      if (all) result.lost.push(...(await findLostCalls(values, store, terminal)).filter(isWanted));
      const isRight = result.differing.length + result.lost.length === 0;
      return { document: result, text: describe(result), exitCode: isRight ? 0 : 1 };
    });
  },
});

async function keyOf(store: CallStore, callSid: string, tenant: string | undefined): Promise<CallKey> {
  const call = await readCallOrThrow(store, callSid, tenant);
  return { tenant: call.tenant, callSid: call.call_sid };
}

async function verifyAll(
  store: CallStore,
  calls: AsyncIterable<CallKey> | Iterable<CallKey>,
  isWanted: (call: CallKey) => boolean,
  onProgress: (verified: number) => void,
): Promise<Verification> {
  const result: Verification = {
    verified: 0,
    withoutArchive: 0,
    otherFoldVersion: 0,
    differing: [],
    lost: [],
  };
  await forEachAtOnce(calls, AT_ONCE, async (call) => {
    if (!isWanted(call)) return;
    const verified = await store.verifyCall(call);
    if (!verified.ok) result.differing.push({ ...call, differences: verified.differences });
    else if ('archiveRemovedAt' in verified) result.withoutArchive += 1;
    else if ('foldVersion' in verified) result.otherFoldVersion += 1;
    onProgress((result.verified += 1));
  });
  return result;
}

function progressOf({ json }: { readonly json: boolean }, { err }: Terminal): (verified: number) => void {
  return (verified) => {
    if (!json && verified % PROGRESS_EVERY === 0) err.write(`${verified} calls verified\n`);
  };
}

function describe({ verified, withoutArchive, otherFoldVersion, differing, lost }: Verification): string {
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
  const notCompared = [
    [withoutArchive, "of them can't be compared: retention has deleted their archives."],
    [otherFoldVersion, 'of them were not compared: an earlier version of the rules folded their rows.'],
  ] as const;
  const exceptions = notCompared.flatMap(([count, why]) => (count === 0 ? [] : [`${count} ${why}`]));
  return [...lines, ...lostLines, verdict, ...exceptions].join('\n');
}
