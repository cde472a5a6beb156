import { type CallKey } from '@turnlog/call-events';
import { type Kysely } from 'kysely';
import { type CallStoreSchema } from '../schema/call-store-schema.ts';
import { eraseCall } from './erase-call.ts';
import { readErasures, recordErasures, type Erasure } from './erasure-ledger.ts';
import { tenantsOfSid, wasErased } from './known-tenants.ts';
import { holdCall, isHeld, listHolds, releaseCall } from './legal-holds.ts';
import { erasePlacements, readPlacements } from './placements.ts';
import { countDue, removeDue, type RetentionStep } from './retention.ts';
import { countPlacements, removePlacements, type CarrierStep } from './retention-of-carrier.ts';
import { storedTexts, type TextFilter } from './stored-texts.ts';

/** Legal holds, erasures and retention on one database. */
export function createCallPrivacy(db: Kysely<CallStoreSchema>) {
  return {
    hold: (call: CallKey, reason: string, waitMs?: number) => holdCall(db, call, reason, waitMs),
    release: (call: CallKey) => releaseCall(db, call),
    holds: () => listHolds(db),
    isHeld: (call: CallKey) => isHeld(db, call),
    erase: (call: CallKey, waitMs?: number) => eraseCall(db, call, waitMs),
    wasErased: (call: CallKey) => wasErased(db, call),
    tenantsOfSid: (callSid: string) => tenantsOfSid(db, callSid),
    texts: (filter?: TextFilter) => storedTexts(db, filter),
    placements: (filter?: TextFilter) => readPlacements(db, filter),
    erasePlacements: (references: readonly string[]) => erasePlacements(db, references),
    recordErasures: (erasures: readonly Erasure[]) => recordErasures(db, erasures),
    erasures: () => readErasures(db),
    countDue: (step: RetentionStep) => countDue(db, step),
    removeDue: (step: RetentionStep) => removeDue(db, step),
    countPlacements: (step: CarrierStep) => countPlacements(db, step),
    removePlacements: (step: CarrierStep) => removePlacements(db, step),
  };
}
