import { type Guard } from '../guard.ts';
import { appendGuards } from './append-guards.ts';
import { audioGuards } from './audio-guards.ts';
import { appendLimitGuards } from './append-limit-guards.ts';
import { carrierGuards } from './carrier-guards.ts';
import { drainGuards } from './drain-guards.ts';
import { erasureGuards } from './erasure-guards.ts';
import { exactGuards } from './exact-guards.ts';
import { feedGuards } from './feed-guards.ts';
import { gatewayGuards } from './gateway-guards.ts';
import { isolationGuards } from './isolation-guards.ts';
import { limitGuards } from './limit-guards.ts';
import { largeCallGuards } from './large-call-guards.ts';
import { liveStateGuards } from './live-state-guards.ts';
import { persisterGuards } from './persister-guards.ts';
import { privacyGuards } from './privacy-guards.ts';
import { readingGuards } from './reading-guards.ts';
import { redisClientGuards } from './redis-client-guards.ts';
import { redisLimitGuards } from './redis-limit-guards.ts';
import { secrecyGuards } from './secrecy-guards.ts';
import { standstillGuards } from './standstill-guards.ts';
import { vocabularyGuards } from './vocabulary-guards.ts';

/** All guards, each of which is removed once. */
export const allGuards: readonly Guard[] = [
  ...appendGuards,
  ...appendLimitGuards,
  ...feedGuards,
  ...drainGuards,
  ...redisClientGuards,
  ...liveStateGuards,
  ...persisterGuards,
  ...largeCallGuards,
  ...gatewayGuards,
  ...audioGuards,
  ...isolationGuards,
  ...limitGuards,
  ...readingGuards,
  ...carrierGuards,
  ...standstillGuards,
  ...vocabularyGuards,
  ...erasureGuards,
  ...exactGuards,
  ...privacyGuards,
  ...redisLimitGuards,
  ...secrecyGuards,
];
