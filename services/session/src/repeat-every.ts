import { sleep } from '@turnlog/service-kit';

/** What is repeated, and how often. */
export interface RepeatOptions {
  /** From the end of one run to the beginning of the next. */
  readonly everyMs: number;
  readonly task: () => Promise<void>;
  /** A failed run; the next one comes all the same. */
  readonly onError: (error: unknown) => void;
}

/** Runs the task now and then again and again, one run at a time; returns how to stop, which awaits the run under way. */
export function repeatEvery({ everyMs, task, onError }: RepeatOptions): () => Promise<void> {
  const stopping = new AbortController();
  const repeat = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await task().catch(onError);
      await sleep(everyMs, stopping.signal);
    }
  };
  const finished = repeat();
  return async () => {
    stopping.abort();
    await finished;
  };
}
