import { type Guard } from '../guard.ts';

const MEMORY_TEST = 'services/stream-gateway/src/redis-memory.integration.test.ts';
const TENANT_TEST = 'services/stream-gateway/src/tenant-bytes.integration.test.ts';

/** How a gateway handles a Redis that is nearly full, refuses writes, or is unusable. */
export const redisLimitGuards: readonly Guard[] = [
  {
    name: 'memory-share',
    keeps: 'a full Redis can be drained: reports leave room for it',
    file: 'services/stream-gateway/src/limits/guarded-appender.ts',
    text: 'if (!leadsToEnd && !isEnd(request)) memory.assertEnough();',
    without: '',
    test: {
      file: MEMORY_TEST,
      name: 'above MAX_MEMORY_SHARE only ends are appended, and the gateway reports the reason until Redis is drained',
    },
  },
  {
    name: 'ends-above-the-share',
    keeps: 'calls that filled Redis can end, and be persisted',
    file: 'services/stream-gateway/src/limits/guarded-appender.ts',
    text: 'if (!leadsToEnd && !isEnd(request)) memory.assertEnough();',
    without: 'memory.assertEnough();',
    test: {
      file: MEMORY_TEST,
      name: 'above MAX_MEMORY_SHARE only ends are appended, and the gateway reports the reason until Redis is drained',
    },
  },
  {
    name: 'not-ready-while-refusing',
    keeps: 'a gateway that answers 503 gets no more reports',
    file: 'packages/delivery/src/by-id/event-store.ts',
    text: "if (stored.where === 'unknown') writes.onRefused(error);",
    without: '',
    test: {
      file: 'services/stream-gateway/src/store/report-writes.test.ts',
      name: 'a report that could not be stored is shown at once, without the grace period of calls',
    },
  },
  {
    name: 'ready-again-by-itself',
    keeps: 'an idle gateway notices that Redis accepts writes again',
    file: 'services/stream-gateway/src/compose/watch-redis.ts',
    text: 'if (writes.isInDoubt) await tryWrite();',
    without: '',
    test: {
      file: MEMORY_TEST,
      name: 'while reports are answered 503 the gateway is not ready, and it becomes ready with Redis although no request comes',
    },
  },
  {
    name: 'tenant-bytes',
    keeps: 'a tenant does not fill Redis for the others',
    file: 'services/stream-gateway/src/http/endpoints/call-events-endpoint.ts',
    text: 'const isTenantFull = intake.isTenantFull(call.tenant);',
    without: 'const isTenantFull = false;',
    test: {
      file: TENANT_TEST,
      name: 'a tenant that sent its MiB of the hour is refused at every gateway, and its neighbour is not',
    },
  },
  {
    name: 'crowded-tenants',
    keeps: 'the tenant that fills Redis is refused before its neighbours are',
    file: 'services/stream-gateway/src/limits/tenant-bytes.ts',
    text: 'return isCrowded ? Math.min(own, memory.maxBytes * CROWDED_SHARE) : own;',
    without: 'return isCrowded ? own : own;',
    test: {
      file: TENANT_TEST,
      name: 'when Redis is nearly full, the tenant that fills it is refused before the others',
    },
  },
  {
    name: 'cluster-refused',
    keeps: 'a service does not run on a Redis on which it would record nothing',
    file: 'packages/redis-kit/src/connect/clients.ts',
    text: 'await refuseCluster(redis);',
    without: '',
    test: {
      file: 'services/stream-gateway/src/redis-memory.integration.test.ts',
      name: 'a gateway does not start on a server of a Redis Cluster',
    },
  },
  {
    name: 'late-refusal',
    keeps: 'an event that a spool acknowledged is in the log even if the call was full in the meantime',
    file: 'packages/delivery/src/by-sequence/event-producer.ts',
    text: 'if (isFull(result) && isAcknowledged(event)) return void (tooLate ??= event);',
    without: '',
    test: {
      file: 'packages/delivery/src/by-sequence/event-producer.test.ts',
      name: 'what a full call refuses after the spool acknowledged it is appended all the same, under another source',
    },
  },
  {
    name: 'spool-room',
    keeps: 'no call stores more through the spool than its log may hold',
    file: 'packages/delivery/src/replay/spool-room.ts',
    text: 'if (total > this.#maxCallBytes && !events.some(endsConnection)) return false;',
    without: '',
    test: {
      file: 'packages/delivery/src/replay/spool-room.test.ts',
      name: 'of one call as much as its log may hold waits in the spool, and its end; other calls have room of their own',
    },
  },
  {
    name: 'held-bytes',
    keeps: 'the memory of a gateway stays within its limit',
    file: 'packages/delivery/src/retention/held-bytes.ts',
    text: '(bytes === text.length ? bytes : 2 * text.length)',
    without: 'text.length',
    test: {
      file: 'packages/delivery/src/retention/held-bytes.test.ts',
      name: 'a text is counted by the memory that it takes: a byte a character of ASCII, else two',
    },
  },
];
