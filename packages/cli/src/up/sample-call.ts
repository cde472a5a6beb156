import { type StoredCall } from '@turnlog/call-store';
import { placeCall, speechLikeNoise } from '@turnlog/exotel-simulator';
import { withDeadline } from '@turnlog/service-kit';
import { CommandError } from '../command-error.ts';
import { openStore } from '../connections/with-store.ts';
import { DEFAULT_TENANT } from '../flags.ts';
import { scriptMs, type ScriptStep } from '../load/agent-script.ts';
import { checkRecords } from '../load/check-records.ts';
import { expectationOf } from '../load/expectation.ts';

/** How much faster than real time: the conversation is over in little more than a second. */
export const SAMPLE_SPEED = 20;

const SAMPLE_RATE = 8_000;

/** For steps of a second or two, which take longer on a busy machine. */
const PATIENCE_MS = 60_000;

export interface SampleCallOptions {
  readonly streamUrl: string;
  readonly databaseUrl: string;
  readonly callSid: string;
  /** What the agent reports on it. */
  readonly script: readonly ScriptStep[];
  /** Resolves when the agent has reported everything; then the caller hangs up. */
  readonly said: Promise<void>;
  readonly signal: AbortSignal;
}

/** Places one call, as Exotel would. Resolves with its record when everything that was said is in it. */
export async function placeSampleCall(options: SampleCallOptions): Promise<StoredCall> {
  const { streamUrl, callSid, script, said, signal } = options;
  const call = placeCall({
    url: streamUrl,
    callSid,
    audio: speechLikeNoise({ seconds: scriptMs(script) / 1000, sampleRate: SAMPLE_RATE }),
    sampleRate: SAMPLE_RATE,
    customParameters: { campaign: 'sample' },
    pace: SAMPLE_SPEED,
    hangUpAfterMs: Infinity,
    signal,
  });
  const { timedOut: isUnfinished } = await withDeadline(Promise.race([said, call.finished]), PATIENCE_MS);
  call.hangUp();
  if (isUnfinished) {
    const seconds = PATIENCE_MS / 1000;
    throw new CommandError(
      `The agent of the sample call had not said everything after ${seconds} s. The logs of the services say more.`,
    );
  }
  const { end } = await call.finished;
  if (end.how !== 'hung-up') {
    throw new CommandError(`The sample call did not go through: ${end.how} ${end.error ?? ''}`.trimEnd());
  }
  return untilRecorded(options);
}

async function untilRecorded({
  databaseUrl,
  callSid,
  script,
  signal,
}: SampleCallOptions): Promise<StoredCall> {
  const expected = expectationOf(script);
  return openStore(databaseUrl, async (store) => {
    const check = { tenant: DEFAULT_TENANT, expected, waitMs: PATIENCE_MS, signal };
    const [wrong] = await checkRecords(store, [callSid], check);
    const record = await store.readCall({ tenant: DEFAULT_TENANT, callSid });
    if (wrong === undefined && record !== undefined) return record;
    const problems = wrong?.problems.join('; ');
    throw new CommandError(
      `The sample call's record is not complete: ${problems}. The logs of the services say more.`,
    );
  });
}
