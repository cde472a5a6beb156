/** Faults that are known and wait to be removed. One that no longer occurs fails the check: remove it here. */
export const exceptions = {};
