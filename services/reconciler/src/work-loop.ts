import { backoffDelayMs, sleep } from '@turnlog/service-kit';

/** Work that is claimed bit by bit until there is none. */
export interface WorkLoopOptions<T> {
  /** Claims some of what is due; nothing when nothing is. */
  readonly claim: () => Promise<readonly T[]>;
  /** Does one piece. What it rejects with is told; the piece is claimed again when its lease is over. */
  readonly work: (piece: T) => Promise<void>;
  /** How long to wait when nothing is due. */
  readonly everyMs: number;
  readonly signal: AbortSignal;
  /** Proof of life, after every round; false after one that failed. */
  readonly onRound: (isWell: boolean) => void;
  readonly onError: (error: unknown) => void;
}

const BACKOFF = { minMs: 250, maxMs: 10_000 };

/** Claims and works until the signal aborts; resolves when what was under way then is done. Never rejects. */
export async function runWorkLoop<T>(options: WorkLoopOptions<T>): Promise<void> {
  const { claim, work, everyMs, signal, onRound, onError } = options;
  let failures = 0;
  while (!signal.aborted) {
    const claimed = await claim().catch((error: unknown) => {
      onError(error);
      return undefined;
    });
    const outcomes = await Promise.allSettled((claimed ?? []).map(work));
    const failed = outcomes.filter((outcome) => outcome.status === 'rejected');
    for (const { reason } of failed) onError(reason);
    failures = claimed === undefined || failed.length > 0 ? failures + 1 : 0;
    onRound(failures === 0);
    if (failures > 0) await sleep(backoffDelayMs(failures - 1, BACKOFF), signal);
    else if (claimed?.length === 0) await sleep(everyMs, signal);
  }
}
