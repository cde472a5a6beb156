import { type CallEraser, type KeySpace } from '@turnlog/call-log';
import { type CallStore } from '@turnlog/call-store';
import { type Redis } from 'ioredis';

/** The stores of calls. */
export interface CallPlaces {
  readonly store: CallStore;
  readonly redis: Redis;
  readonly space: KeySpace;
  readonly eraser: CallEraser;
  /** The known folders of the gateways' spools. */
  readonly spoolDirs: readonly string[];
}
