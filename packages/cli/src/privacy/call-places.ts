import { type CallEraser, type KeySpace } from '@turnlog/call-log';
import { type CallStore } from '@turnlog/call-store';
import { type Redis } from 'ioredis';

/** Where calls are. */
export interface CallPlaces {
  readonly store: CallStore;
  readonly redis: Redis;
  readonly space: KeySpace;
  readonly eraser: CallEraser;
  /** The folders of the gateways' spools that are known. */
  readonly spoolDirs: readonly string[];
}
