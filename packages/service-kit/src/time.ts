/* Waiting, for programs that must start fast. */

export { deferred } from './deferred.ts';
export { withDeadline } from './lifecycle/with-deadline.ts';
export { sleep } from './retry/sleep.ts';
