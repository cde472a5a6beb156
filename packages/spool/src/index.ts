export { eraseFromSpools, eventsInSpools, type SpoolErasure } from './dead-spools.ts';
export { type AppendMode, type SpoolEvent, type SpoolRecord, type WrittenEvent } from './spool-record.ts';
export { type SpoolSegment } from './spool-segment.ts';
export { openSpoolFolders, type Leftover, type SpoolFolders } from './spool-folders.ts';
export { Spool, type SpoolObserver, type SpoolProblem } from './spool.ts';
