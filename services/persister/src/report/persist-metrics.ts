import { type Metrics } from '@turnlog/service-kit';

/** The figures of the persister. */
export function createPersistMetrics(metrics: Metrics) {
  return {
    calls: metrics.counter({
      name: 'persist_total',
      help: 'Calls by what became of persisting them: written, merged, stale, kept, known, gone, deferred, dead',
      labels: ['result'],
    }),
    letters: metrics.counter({
      name: 'dead_letters_written_total',
      help: 'Dead letters written, by kind',
      labels: ['kind'],
    }),
    lost: metrics.counter({
      name: 'persist_entries_lost_total',
      help: 'Pending entries of the feed that somebody deleted: each one is a loss to look into',
    }),
    batchCalls: metrics.histogram({
      name: 'persist_batch_calls',
      help: 'Calls in one write',
      buckets: [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000],
    }),
    duration: metrics.histogram({
      name: 'persist_duration_seconds',
      help: 'Duration of one write to Postgres',
    }),
    endToPersist: metrics.histogram({
      name: 'end_to_persist_seconds',
      help: 'From the event that ended a call, or came after its end, to its row in Postgres',
    }),
  };
}

/** The figures of the persister. */
export type PersistMetrics = ReturnType<typeof createPersistMetrics>;
