export { EventProducer } from './by-sequence/event-producer.ts';
export { HeartbeatLoop } from './retention/heartbeat-loop.ts';
export { ReportKeeper } from './by-id/report-keeper.ts';
export { Retention } from './retention/retention.ts';
export {
  type AppendObserver,
  type ProducerObserver,
  type Receipt,
  type ProducerAppender,
  type ProducerLimits,
  type ProducerSpool,
  type EventProducerOptions,
} from './delivery-options.ts';
export { type ReportObserver } from './by-id/kept-reports.ts';
export { type UnorderedOutbox } from './by-id/unordered-outbox.ts';
export { maxTotalRetainedBytes } from './retention/retained-limit.ts';
export { openGatewaySpool, type GatewaySpool } from './replay/open-spool.ts';
export { inheritSpools } from './replay/inherit-spools.ts';
export { type EventStore, type Stored, storeInRedis, storeInRedisOrSpool } from './by-id/event-store.ts';
