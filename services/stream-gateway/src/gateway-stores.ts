import {
  createAppender,
  createAudioStreams,
  createLiveCalls,
  readCallLogs,
  type Appender,
  type KeySpace,
  type LiveCalls,
} from '@turnlog/call-log';
import { type Lifecycle, type Logger } from '@turnlog/service-kit';
import { type Redis } from 'ioredis';
import { AudioWriter } from './audio/audio-writer.ts';
import { combineWrites } from './audio/combine-writes.ts';
import { type GatewayConfig } from './config.ts';
import { Retention } from './producer/retention.ts';
import { connectRedis, type RedisLink } from './redis-link.ts';

/** Where a gateway writes. */
export interface GatewayStores {
  readonly link: RedisLink;
  readonly appender: Appender;
  readonly retention: Retention;
  readonly liveCalls: LiveCalls;
  /** None when audio is switched off. */
  readonly audioWriter: AudioWriter | undefined;
}

interface Surroundings {
  readonly logger: Logger;
  readonly lifecycle: Lifecycle;
  readonly monotonic: () => number;
}

/** Connects to Redis: once for events, once for audio, so that neither waits behind the other. */
export function openStores(
  config: GatewayConfig,
  { logger, lifecycle, monotonic }: Surroundings,
): GatewayStores {
  const space: KeySpace = { prefix: config.KEY_PREFIX, partitions: config.PARTITIONS };
  const connect = (name: string, url: string): RedisLink => {
    const link = connectRedis({ url, name, logger, monotonic });
    lifecycle.onStop(name, () => link.close());
    return link;
  };
  const link = connect('stream-gateway', config.REDIS_URL);
  const { redis } = link;
  const audio = config.AUDIO
    ? connect('stream-gateway-audio', config.AUDIO_REDIS_URL ?? config.REDIS_URL).redis
    : undefined;
  return {
    link,
    appender: createAppender(redis, space, { maxEvents: config.MAX_EVENTS_PER_CALL }),
    retention: new Retention(
      (requests) => readCallLogs(redis, space, requests),
      config.RETAIN_AFTER_CLOSE_MS,
    ),
    liveCalls: createLiveCalls(redis, space),
    audioWriter: audio && createAudioWriter(audio, space, config),
  };
}

function createAudioWriter(redis: Redis, space: KeySpace, config: GatewayConfig): AudioWriter {
  const limits = { maxBatches: config.AUDIO_MAX_BATCHES, keepMs: config.AUDIO_KEEP_MS };
  return new AudioWriter(createAudioStreams(redis, space), limits, combineWrites(redis));
}
