import { type EventHeader } from './call-event.ts';

/** What tells two events of a call apart. */
export interface Identified {
  readonly id: EventHeader['id'];
  readonly revision?: number | undefined;
  readonly fingerprint?: string | undefined;
}

/** Stands in no id: NUL can't be stored. */
const BETWEEN = '\0';

/**
 * The report that an event is of, without its content: two events of one `reportOf` say the same, or contradict each
 * other. Each revision of a report is one of its own.
 */
export function reportOf({ id, revision }: Identified): string {
  return revision === undefined ? id : `${id}${BETWEEN}${revision}`;
}

/** The event itself: a second one of the same identity changes nothing. */
export function identityOf({ id, revision, fingerprint }: Identified): string {
  if (revision === undefined && fingerprint === undefined) return id;
  return `${id}${BETWEEN}${revision ?? 0}${BETWEEN}${fingerprint ?? ''}`;
}
