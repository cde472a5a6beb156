/** Known faults to remove. One that no longer occurs fails the check: remove it here. */
export const exceptions = {};
