import { type Appender } from '@turnlog/call-log';
import { type Lifecycle, type Logger } from '@turnlog/service-kit';
import { type TenantDirectory } from '@turnlog/tenants';
import { type Redis } from 'ioredis';
import { type ProducerAppender } from '@turnlog/delivery';
import { guardAppender } from './guarded-appender.ts';
import { RedisMemory } from './redis-memory.ts';
import { TenantBytes } from './tenant-bytes.ts';

/** What bounds all that a gateway appends. */
export interface AppendLimiting {
  readonly memory: RedisMemory;
  readonly tenantBytes: TenantBytes;
  readonly appender: ProducerAppender;
}

/** Begins to look after the memory of Redis and the bytes of tenants, and guards an appender with both. */
export function openLimits(
  unguarded: Appender,
  settings: {
    readonly prefix: string;
    /** Share of the `maxmemory` of Redis. */
    readonly maxMemoryShare: number;
    readonly maxTenantBytesPerHour: number | undefined;
  },
  parts: {
    readonly redis: Redis;
    readonly directory: () => TenantDirectory;
    readonly monotonic: () => number;
    readonly logger: Logger;
    readonly lifecycle: Lifecycle;
  },
): AppendLimiting {
  const { prefix, maxMemoryShare, maxTenantBytesPerHour } = settings;
  const { redis, directory, monotonic, logger, lifecycle } = parts;
  const memory = new RedisMemory({ redis, maxShare: maxMemoryShare, logger });
  // It is looked at for as long as events are flushed, which is after the stop has begun.
  const watched = new AbortController();
  const watching = memory.watch(watched.signal);
  lifecycle.onStop('memory', () => {
    watched.abort();
    return watching;
  });
  const tenantBytes = new TenantBytes({
    redis,
    prefix,
    directory,
    maxBytesPerHour: maxTenantBytesPerHour,
    memory,
    maxMemoryShare,
    monotonic,
  });
  return { memory, tenantBytes, appender: guardAppender(unguarded, { memory, tenants: tenantBytes }) };
}
