/** Something asked for, and whom to tell what came of it. */
export interface Asked<Request, Reply> {
  readonly request: Request;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
}

/** Hands over together what was asked for in one turn of the event loop. Under load that makes large batches by itself. */
export function microBatch<Request, Reply>(run: (asked: readonly Asked<Request, Reply>[]) => void) {
  let waiting: Asked<Request, Reply>[] = [];

  const flush = (): void => {
    const asked = waiting;
    waiting = [];
    run(asked);
  };

  return (request: Request): Promise<Reply> =>
    new Promise((resolve, reject) => {
      if (waiting.length === 0) setImmediate(flush);
      waiting.push({ request, resolve, reject });
    });
}
