/** A session service's reads of the activity feed: of new entries, and of its pending ones. */
export const READS_ACTIVITY = ['xreadgroup', '}:activity'];

/** The persister's write of a batch, by the name of its statement. */
export const WRITES_CALLS = ['turnlog_write_calls'];

/** The session service's save of a live state: no other request has all of these keys. */
export const SAVES_STATE = ['}:activity', ':turns', '}:checkpoints'];
