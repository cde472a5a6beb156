/** For what a scenario does to a certain call, or to whatever is at work. */
export const ONE_SHORT_CALL = { calls: 1, eventsPerCall: 5, windowMs: 500, withoutLine: 0, lateEvents: 0 };
