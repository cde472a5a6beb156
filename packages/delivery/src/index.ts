export { EventProducer } from './by-sequence/event-producer.ts';
export { ReportProducer } from './by-id/report-producer.ts';
export { HeartbeatLoop } from './retention/heartbeat-loop.ts';
export { Retention } from './retention/retention.ts';
export {
  type AppendObserver,
  type DeliveryResult,
  type EventProducerOptions,
  type ProducerAppender,
  type ProducerLimits,
  type ProducerObserver,
  type ProducerSpool,
} from './delivery-options.ts';
export { type ReportObserver } from './by-id/retained-reports.ts';
export { type SpoolOutbox } from './by-id/spool-outbox.ts';
export { maxTotalRetainedBytes } from './retention/retained-limit.ts';
export { openGatewaySpool, type GatewaySpool } from './replay/open-spool.ts';
export { takeOverSpools } from './replay/take-over-spools.ts';
export { type EventStore, type Stored, storeInRedis, storeInRedisOrSpool } from './by-id/event-store.ts';
