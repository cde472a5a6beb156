import { type EventHeader } from './call-event.ts';

/** What distinguishes two events of a call. */
export type Identified = Pick<EventHeader, 'id' | 'revision' | 'fingerprint'>;

/** No id contains it: NUL can't be stored. */
const BETWEEN = '\0';

/** Names a revision of a report, without its content: two events with this name are duplicates, or in conflict. */
export function reportOf({ id, revision }: Identified): string {
  return revision === undefined ? id : `${id}${BETWEEN}${revision}`;
}

/** Names an event: a second one with this name changes nothing. */
export function identityOf({ id, revision, fingerprint }: Identified): string {
  if (revision === undefined && fingerprint === undefined) return id;
  return `${id}${BETWEEN}${revision ?? 0}${BETWEEN}${fingerprint ?? ''}`;
}
