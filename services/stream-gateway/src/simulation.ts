/* What the deterministic simulation runs of this service: its decisions, without its connections. */
export { type EventDraft } from './domain/event-draft.ts';
export { HeartbeatLoop } from './heartbeat-loop.ts';
export {
  EventProducer,
  type EventProducerOptions,
  type ProducerObserver,
} from './producer/event-producer.ts';
export { type Receipt } from './producer/retained-events.ts';
export { Retention } from './producer/retention.ts';
