import type { CallKey } from '@turnlog/call-events';
import type { Erasure } from '@turnlog/call-store';
import type { CallPlaces } from './call-places.ts';
import { findPerson, type FoundCall, type FoundPerson } from './find-person.ts';
import { readLedger, type LedgerCopy } from './ledger-file.ts';
import { locateCall } from './locate-call.ts';
import type { Phone, Region } from './phones/phone.ts';
import { foundByLedger } from './reapply-ledger.ts';
import { callSubject, phoneSubject } from './subjects.ts';

/** The target: one of a call, a phone, or the ledger. */
export interface Wishes {
  readonly call: string | undefined;
  readonly phone: Phone | undefined;
  readonly tenant: string | undefined;
  /** The copy of the ledger outside the database. */
  readonly ledger: LedgerCopy | undefined;
  readonly unseen: boolean;
  /** Also take calls that are not certain to be the person's. */
  readonly isAmbiguousIncluded: boolean;
}

/** The key of the hashes, and the region of the numbers. */
export interface Keys {
  readonly key: string;
  readonly region: Region;
}

/** What to erase, what may be another person's, what stays, and the new entries of the ledger. */
export interface ErasurePlan extends FoundPerson {
  /** Under a legal hold: not changed. */
  readonly held: readonly FoundCall[];
  /** In progress: not changed. */
  readonly live: readonly FoundCall[];
  readonly erasures: readonly Erasure[];
}

/** Finds what to erase, and changes nothing. */
export async function planErasure(places: CallPlaces, wishes: Wishes, keys: Keys): Promise<ErasurePlan> {
  const erasedAt = new Date();
  const { call: callSid, phone, tenant, ledger } = wishes;
  if (callSid !== undefined) {
    const call = await locateCall(places, { callSid, tenant, isUnseen: wishes.unseen });
    return planOf(places, { ...NOTHING, calls: [call] }, (calls) => callErasures(calls, keys, erasedAt));
  }
  const wanted = wishes.isAmbiguousIncluded ? withAmbiguous : (found: FoundPerson) => found;
  if (phone !== undefined) {
    const found = await findPerson(places, phone, { tenant, region: keys.region });
    const subject = phoneSubject(keys.key, phone.e164);
    const person: Erasure = { kind: 'phone', subject, tenant: tenant ?? null, erasedAt };
    return planOf(places, wanted(found), (calls) => [person, ...callErasures(calls, keys, erasedAt)]);
  }
  const fromFile = ledger === undefined ? [] : await readLedger(ledger);
  const all = [...(await places.store.privacy.erasures()), ...fromFile];
  return planOf(places, wanted(await foundByLedger(places, all, keys)), () => fromFile);
}

const NOTHING: FoundPerson = { calls: [], ambiguous: [], placements: [], ambiguousPlacements: [] };

function withAmbiguous({ calls, ambiguous, placements, ambiguousPlacements }: FoundPerson): FoundPerson {
  return {
    ...NOTHING,
    calls: [...calls, ...ambiguous],
    placements: [...placements, ...ambiguousPlacements],
  };
}

/**
 * Separates the calls that stay. The ledger also has each call, so that it is erased again whatever its
 * numbers.
 */
async function planOf(
  { store, eraser }: CallPlaces,
  { calls, ...others }: FoundPerson,
  erasuresOf: (calls: readonly CallKey[]) => readonly Erasure[],
): Promise<ErasurePlan> {
  const parted: Record<'calls' | 'held' | 'live', FoundCall[]> = { calls: [], held: [], live: [] };
  for (const call of calls) {
    const isHeld = await store.privacy.isHeld(call);
    parted[isHeld ? 'held' : (await eraser.isLive(call)) ? 'live' : 'calls'].push(call);
  }
  const found = {
    calls: parted.calls.length,
    held: parted.held.length,
    live: parted.live.length,
    ambiguous: others.ambiguous.length,
    placements: others.placements.length,
  };
  const erasures = erasuresOf(parted.calls).map((erasure) =>
    erasure.kind === 'phone' ? { ...erasure, found } : erasure,
  );
  return { ...others, ...parted, erasures };
}

function callErasures(calls: readonly CallKey[], { key }: Keys, erasedAt: Date): Erasure[] {
  return calls.map((call) => {
    const { tenant } = call;
    return { kind: 'call', subject: callSubject(key, call), tenant, erasedAt };
  });
}
