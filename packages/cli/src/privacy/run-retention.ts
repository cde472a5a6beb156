import type { CallStore, RetentionStep } from '@turnlog/call-store';
import { removeOldLetters, type KeySpace } from '@turnlog/call-log';
import type { TenantPolicy } from '@turnlog/tenants';
import type { Redis } from 'ioredis';
import { removeOldAudio } from './old-audio.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** How long a tenant's calls are kept; `null` for ever. */
export interface KeptFor extends Pick<TenantPolicy, 'transcriptDays' | 'archiveDays' | 'audioHours'> {
  readonly tenant: string;
}

/** The number of calls that changed; for dead letters and placements, the number of them. */
export interface RetentionResult {
  readonly tenant: string;
  readonly what: RetentionStep['what'] | 'placement' | 'dead letter' | 'audio';
  readonly calls: number;
}

export interface RetentionOptions {
  readonly store: CallStore;
  /** The Redis of the logs, and that of the audio: an unknown one is skipped. */
  readonly redis: Redis | undefined;
  readonly audio: Redis | undefined;
  readonly space: KeySpace;
  readonly nowMs: number;
  readonly isDryRun: boolean;
}

/** Deletes what is older than each tenant keeps it; a second run right after finds nothing. */
export async function runRetention(
  tenants: readonly KeptFor[],
  options: RetentionOptions,
): Promise<RetentionResult[]> {
  const results: RetentionResult[] = [];
  for (const keptFor of tenants) {
    for (const [what, remove] of stepsOf(keptFor, options)) {
      results.push({ tenant: keptFor.tenant, what, calls: await remove() });
    }
  }
  return results;
}

type Step = readonly [what: RetentionResult['what'], remove: () => Promise<number>];

/** A dead letter may be the last copy of a transcript, so it is kept as long as that. */
function stepsOf({ tenant, ...kept }: KeptFor, options: RetentionOptions): Step[] {
  const { store, redis, audio, space, nowMs, isDryRun } = options;
  const { isHeld, countDue, removeDue, countPlacements, removePlacements } = store.privacy;
  const steps: Step[] = [];
  if (kept.transcriptDays !== null) {
    const beforeMs = nowMs - kept.transcriptDays * DAY_MS;
    const step = { tenant, what: 'transcript', before: new Date(beforeMs) } as const;
    steps.push(['transcript', () => (isDryRun ? countDue(step) : removeDue(step))]);
    steps.push(['placement', () => (isDryRun ? countPlacements(step) : removePlacements(step))]);
    const letters = { tenant, beforeMs, isDryRun, isHeld };
    if (redis !== undefined) steps.push(['dead letter', () => removeOldLetters(redis, space, letters)]);
  }
  if (kept.archiveDays !== null) {
    const step = { tenant, what: 'archive', before: new Date(nowMs - kept.archiveDays * DAY_MS) } as const;
    steps.push(['archive', () => (isDryRun ? countDue(step) : removeDue(step))]);
  }
  if (kept.audioHours !== null && audio !== undefined) {
    const old = { tenant, beforeMs: nowMs - kept.audioHours * HOUR_MS, isDryRun, isHeld };
    steps.push(['audio', () => removeOldAudio(audio, space, old)]);
  }
  return steps;
}
