import { BrokenPartitions } from './broken-partitions.ts';

/** A key may be of another type for a moment, while data is moved; after that an operator must look. */
const NOT_READY_AFTER_MS = 15_000;
/** The logger of a partition watch. */
export interface PartitionLogger {
  error(fields: object, message: string): void;
  info(fields: object, message: string): void;
}

/** Whether a service is ready, as its readiness check returns it. */
type Readiness = { readonly ok: true } | { readonly ok: false; readonly reason: string };

const WHAT_TO_DO =
  'find the program that wrote this key, and delete or rename the key; the partition then continues';

/** Logs partitions whose keys have the wrong type; the service is not ready once one is broken for a while. */
export function watchPartitions(logger: PartitionLogger, now: () => number = () => performance.now()) {
  const broken = new BrokenPartitions({
    now,
    onBroken: ({ key, error, forMs }) =>
      logger.error(
        {
          event: 'partition_unreadable',
          error: `${key}: ${error}`,
          for_ms: Math.round(forMs),
          todo: WHAT_TO_DO,
        },
        'a partition cannot be read; the others continue',
      ),
    onMended: ({ key, forMs }) =>
      logger.info(
        { event: 'partition_readable', detail: key, for_ms: Math.round(forMs) },
        'the partition can be read again',
      ),
  });
  const check = (): Promise<Readiness> => {
    const [first, ...others] = broken.lasting(NOT_READY_AFTER_MS);
    if (first === undefined) return Promise.resolve({ ok: true });
    const more = others.length === 0 ? '' : `, and ${others.length} more`;
    return Promise.resolve({ ok: false, reason: `${first.key}: ${first.error}${more}` });
  };
  return { broken, check };
}
