/** Work that is claimed bit by bit until there is none. */
export interface WorkOffOptions<T> {
  /** Claims some of what is due; nothing when nothing is. */
  readonly claim: () => Promise<readonly T[]>;
  /** Does one piece. A piece that failed is claimed again when its lease is over. */
  readonly work: (piece: T) => Promise<void>;
  /** Called for each further failure in a round. */
  readonly onError: (error: unknown) => void;
}

/** One round: claims and works. Resolves to whether anything was claimed; rejects with the first failure, when all is done. */
export async function workOff<T>({ claim, work, onError }: WorkOffOptions<T>): Promise<boolean> {
  const claimed = await claim();
  const outcomes = await Promise.allSettled(claimed.map(work));
  const [first, ...others] = outcomes.filter((outcome) => outcome.status === 'rejected');
  for (const { reason } of others) onError(reason);
  if (first !== undefined) throw first.reason;
  return claimed.length > 0;
}
