import { mentions } from '../proxy/trap.ts';

/** The persister's write of a batch, by the name of its statement. */
export const WRITES_CALLS = mentions('turnlog_write_calls');

/** The session service's save of a live state: no other request has all of these keys. */
export const SAVES_STATE = mentions('}:activity', ':turns', '}:checkpoints');
