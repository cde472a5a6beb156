import { type Asked } from './micro-batch.ts';

/** Sends one batch after the other: requests during one form the next. */
export function serialize<Request, Reply>(run: (asked: readonly Asked<Request, Reply>[]) => void) {
  let waiting: Asked<Request, Reply>[] = [];
  let isUnderWay = false;

  const next = (): void => {
    const asked = waiting;
    waiting = [];
    isUnderWay = asked.length > 0;
    let left = asked.length;
    const settle = (): void => {
      left -= 1;
      if (left === 0) next();
    };
    if (isUnderWay) run(asked.map((each) => thenSettle(each, settle)));
  };

  return (asked: readonly Asked<Request, Reply>[]): void => {
    waiting.push(...asked);
    if (!isUnderWay) next();
  };
}

function thenSettle<Request, Reply>(
  { request, resolve, reject }: Asked<Request, Reply>,
  settle: () => void,
): Asked<Request, Reply> {
  return {
    request,
    resolve: (reply) => {
      resolve(reply);
      settle();
    },
    reject: (error) => {
      reject(error);
      settle();
    },
  };
}
