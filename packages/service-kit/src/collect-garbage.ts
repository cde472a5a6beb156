import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

let collect: (() => void) | undefined;

/**
 * Gives back memory that is no longer used. V8 collects when something new is allocated: a service that is idle after a
 * very large piece of work would keep its memory. It stops the process for some ten milliseconds, so it is for rare occasions.
 */
export function collectGarbage(): void {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  collect();
}
