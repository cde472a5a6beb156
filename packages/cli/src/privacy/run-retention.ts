import { type CallStore, type RetentionStep } from '@turnlog/call-store';
import { type KeySpace } from '@turnlog/call-log';
import { type TenantPolicy } from '@turnlog/tenants';
import { type Redis } from 'ioredis';
import { removeOldAudio } from './old-audio.ts';

const HOUR_MS = 3_600_000;

/** How long a tenant's calls are kept; `null` for ever. */
export interface KeptFor extends Pick<TenantPolicy, 'transcriptDays' | 'archiveDays' | 'audioHours'> {
  readonly tenant: string;
}

/** How many calls a run took something away from. */
export interface RetentionResult {
  readonly tenant: string;
  readonly what: RetentionStep['what'] | 'audio';
  readonly calls: number;
}

export interface RetentionOptions {
  readonly store: CallStore;
  readonly audio: Redis | undefined;
  readonly space: KeySpace;
  readonly nowMs: number;
  readonly isDryRun: boolean;
}

/** Takes away what each tenant keeps no longer; a second run right after finds nothing. */
export async function runRetention(
  tenants: readonly KeptFor[],
  { store, audio, space, nowMs, isDryRun }: RetentionOptions,
): Promise<RetentionResult[]> {
  const results: RetentionResult[] = [];
  for (const { tenant, transcriptDays, archiveDays, audioHours } of tenants) {
    for (const [what, days] of [
      ['transcript', transcriptDays],
      ['archive', archiveDays],
    ] as const) {
      if (days === null) continue;
      const step = { tenant, what, before: new Date(nowMs - days * 24 * HOUR_MS) };
      const { countDue, removeDue } = store.privacy;
      results.push({ tenant, what, calls: await (isDryRun ? countDue(step) : removeDue(step)) });
    }
    if (audioHours === null || audio === undefined) continue;
    const options = {
      tenant,
      beforeMs: nowMs - audioHours * HOUR_MS,
      isDryRun,
      isHeld: store.privacy.isHeld,
    };
    results.push({ tenant, what: 'audio', calls: await removeOldAudio(audio, space, options) });
  }
  return results;
}
