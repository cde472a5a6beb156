import type { CallKey } from '@turnlog/call-events';
import { eventsInSpools } from '@turnlog/spool';
import { CommandError } from '../command-error.ts';
import { DEFAULT_TENANT } from '../flags.ts';
import { visibleText } from '../format/visible-text.ts';
import type { CallPlaces } from './call-places.ts';
import type { FoundCall } from './find-person.ts';
import type { Place } from './said-of-calls.ts';

/** A call by its sid, of one tenant or of any. */
export interface WantedCall {
  readonly callSid: string;
  readonly tenant: string | undefined;
  /** Also accept an unknown call: its later events are refused then. */
  readonly isUnseen: boolean;
}

const PLACE_OF_TABLE: Readonly<Record<string, Place>> = {
  call_sessions: 'row',
  call_event_segments: 'archive',
  call_placements: 'placement',
  call_reconciliations: 'placement',
};

/**
 * Finds a call in any store, whether it is persisted or not. Throws a sentence if there is none, if another
 * tenant has it, and if several do.
 */
export async function locateCall(places: CallPlaces, wanted: WantedCall): Promise<FoundCall> {
  const { callSid, tenant, isUnseen } = wanted;
  if (isUnseen && tenant === undefined)
    throw new CommandError('Name the tenant of the call that does not exist yet: --tenant <name>.');
  const found = await placesByTenant(places, callSid);
  const owners = [...found.keys()].sort();
  if (tenant === undefined && owners.length > 1) throw new CommandError(refusal(wanted, found, places));
  const owner = tenant ?? owners[0];
  const foundIn = owner === undefined ? undefined : found.get(owner);
  if (owner !== undefined && foundIn !== undefined) return { tenant: owner, callSid, foundIn: [...foundIn] };
  if (isUnseen && tenant !== undefined) return { tenant, callSid, foundIn: [] };
  const erased = await tenantThatErased(places, wanted);
  if (erased !== undefined) return { tenant: erased, callSid, foundIn: [] };
  throw new CommandError(refusal(wanted, found, places));
}

/** A call that was erased before may have left only its marker. Erasing it again is allowed. */
async function tenantThatErased(
  { store }: CallPlaces,
  { callSid, tenant }: WantedCall,
): Promise<string | undefined> {
  const known = (await store.tenants.list()).map(({ name }) => name);
  for (const each of tenant === undefined ? [DEFAULT_TENANT, ...known] : [tenant]) {
    if (await store.privacy.wasErased({ tenant: each, callSid })) return each;
  }
  return undefined;
}

async function placesByTenant({ store, eraser, spoolDirs }: CallPlaces, callSid: string) {
  const found = new Map<string, Set<Place>>();
  const add = (call: CallKey, place: Place) => {
    if (call.callSid !== callSid) return;
    found.set(call.tenant, (found.get(call.tenant) ?? new Set<Place>()).add(place));
  };
  for (const folder of spoolDirs) for await (const event of eventsInSpools(folder)) add(event, 'spool');
  for await (const call of eraser.calls(callSid)) add(call, 'log');
  for await (const letter of eraser.letterTexts()) add(letter, 'dead letter');
  for (const { tenant, tables } of await store.privacy.tenantsOfSid(callSid))
    for (const table of tables) add({ tenant, callSid }, PLACE_OF_TABLE[table] ?? 'row');
  return found;
}

/** Why no call was chosen, as a sentence. */
function refusal(
  { callSid, tenant }: WantedCall,
  found: ReadonlyMap<string, ReadonlySet<Place>>,
  { spoolDirs }: CallPlaces,
): string {
  const sid = `"${visibleText(callSid)}"`;
  const owners = [...found].map(([owner, foundIn]) => `${owner} (${[...foundIn].join(', ')})`).join(' and ');
  if (owners !== '' && tenant === undefined)
    return `Several tenants have a call ${sid}: ${owners}. Name one with --tenant. Nothing was erased.`;
  if (owners !== '')
    return `${tenant} has no call ${sid}, but there is one of ${owners}. Nothing was erased: name the tenant with --tenant.`;
  const spools =
    spoolDirs.length === 0 ? 'no spool was searched' : `nor in ${spoolDirs.length} folder(s) of spools`;
  return (
    `There is no call ${sid} of ${tenant ?? 'any tenant'} in Postgres, Redis or the dead letters; ${spools}. ` +
    'Nothing was erased. If it may still have events later, --unseen with --tenant refuses them.'
  );
}
