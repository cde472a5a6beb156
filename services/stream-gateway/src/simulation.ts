/* What the deterministic simulation runs of this service: its decisions, without its connections. */

export { HeartbeatLoop } from './heartbeat-loop.ts';
export { EventProducer } from './producer/event-producer.ts';
export {
  type EventProducerOptions,
  type ProducerObserver,
  type Receipt,
} from './producer/producer-options.ts';
export { type ReportObserver } from './producer/kept-reports.ts';
export { ReportKeeper } from './producer/report-keeper.ts';
export { Retention } from './producer/retention.ts';
