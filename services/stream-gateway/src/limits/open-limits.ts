import { type Appender } from '@turnlog/call-log';
import { type Lifecycle, type Logger } from '@turnlog/service-kit';
import { type TenantDirectory } from '@turnlog/tenants';
import { type Redis } from 'ioredis';
import { type GatewayConfig } from '../config.ts';
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
  config: Pick<GatewayConfig, 'KEY_PREFIX' | 'MAX_MEMORY_SHARE' | 'MAX_TENANT_BYTES_PER_HOUR'>,
  parts: {
    readonly redis: Redis;
    readonly directory: () => TenantDirectory;
    readonly monotonic: () => number;
    readonly logger: Logger;
    readonly lifecycle: Lifecycle;
  },
): AppendLimiting {
  const { redis, directory, monotonic, logger, lifecycle } = parts;
  const memory = new RedisMemory({ redis, maxShare: config.MAX_MEMORY_SHARE, logger });
  // It is looked at for as long as events are flushed, which is after the stop has begun.
  const watched = new AbortController();
  const watching = memory.watch(watched.signal);
  lifecycle.onStop('memory', () => {
    watched.abort();
    return watching;
  });
  const tenantBytes = new TenantBytes({
    redis,
    prefix: config.KEY_PREFIX,
    directory,
    maxBytesPerHour: config.MAX_TENANT_BYTES_PER_HOUR,
    memory,
    maxMemoryShare: config.MAX_MEMORY_SHARE,
    monotonic,
  });
  return { memory, tenantBytes, appender: guardAppender(unguarded, { memory, tenants: tenantBytes }) };
}
