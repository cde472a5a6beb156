import { endsConnection } from '@turnlog/call-events';
import { type AppendOutcome, type AppendRequest, type Appender } from '@turnlog/call-log';
import { type ProducerAppender } from '@turnlog/delivery';
import { type RedisMemory } from './redis-memory.ts';
import { type TenantBytes } from './tenant-bytes.ts';

/**
 * An appender that counts what it appends, and accepts only the ends of connections while the memory of Redis is short: a
 * call that has ended can be persisted, which makes room.
 */
export function guardAppender(
  appender: Appender,
  { memory, tenantBytes }: { readonly memory: RedisMemory; readonly tenantBytes: TenantBytes },
): ProducerAppender {
  return {
    append: async ({ leadsToEnd = false, ...request }) => {
      if (!leadsToEnd && !isEnd(request)) memory.assertEnough();
      const outcome = await appender.append(request);
      const bytes = appendedBytes(request, outcome);
      memory.noteWritten(bytes);
      tenantBytes.note(request.call.tenant, bytes);
      return outcome;
    },
  };
}

/** A request over HTTP that ends a call has nothing else in it: its sender decides what it contains. */
function isEnd({ events, mode }: AppendRequest): boolean {
  return mode === 'ordered' ? events.some(endsConnection) : events.every(endsConnection);
}

function appendedBytes({ events }: AppendRequest, outcome: AppendOutcome): number {
  if (outcome.outcome !== 'ok') return 0;
  return events.reduce(
    (sum, { bytes }, index) => sum + (outcome.results[index]?.status === 'appended' ? bytes : 0),
    0,
  );
}
