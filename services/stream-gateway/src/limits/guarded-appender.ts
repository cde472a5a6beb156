import { endsConnection } from '@turnlog/call-events';
import { type AppendOutcome, type AppendRequest, type Appender } from '@turnlog/call-log';
import { type ProducerAppender } from '@turnlog/delivery';
import { type RedisMemory } from './redis-memory.ts';
import { type TenantBytes } from './tenant-bytes.ts';

/**
 * An appender that takes nothing while the memory of Redis is short, but what ends a connection: such a call can be
 * persisted, and makes room. It notes how much is appended for whom.
 */
export function guardAppender(
  appender: Appender,
  { memory, tenants }: { readonly memory: RedisMemory; readonly tenants: Pick<TenantBytes, 'note'> },
): ProducerAppender {
  return {
    append: async ({ leadsToEnd = false, ...request }) => {
      if (!leadsToEnd && !request.events.some(endsConnection)) memory.assertEnough();
      const outcome = await appender.append(request);
      const bytes = appendedBytes(request, outcome);
      memory.noteWritten(bytes);
      tenants.note(request.call.tenant, bytes);
      return outcome;
    },
  };
}

function appendedBytes({ events }: AppendRequest, outcome: AppendOutcome): number {
  if (outcome.outcome !== 'ok') return 0;
  return events.reduce(
    (sum, { bytes }, index) => sum + (outcome.results[index]?.status === 'appended' ? bytes : 0),
    0,
  );
}
