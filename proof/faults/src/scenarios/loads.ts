/** For a fault of a certain call, or of a busy service. */
export const ONE_SHORT_CALL = { calls: 1, eventsPerCall: 5, windowMs: 500, withoutLine: 0, lateEvents: 0 };
