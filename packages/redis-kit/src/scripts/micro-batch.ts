/** A request, and the callbacks for its result. */
export interface Asked<Request, Reply> {
  readonly request: Request;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
}

/** Makes micro-batches of the requests of one turn of the event loop. They become large under load. */
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
