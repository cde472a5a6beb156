import { createEvent, type CallKey, type KnownEvent, type EventDraft } from '@turnlog/call-events';
import { toNewEvent } from '@turnlog/call-log';
import {
  EventProducer,
  HeartbeatLoop,
  ReportProducer,
  Retention,
  type ProducerObserver,
  type ReportObserver,
} from '@turnlog/delivery';
import { type SimProcess } from '../kernel/sim-process.ts';
import { type PlannedConnection, type PlannedEvent } from '../plan/plan-calls.ts';
import { type Ledger } from '../verdict/ledger.ts';
import { redisOf, type Surroundings } from './surroundings.ts';

const LIMITS = { maxPendingBytes: 1e6, maxRetainedBytes: 1e6 };
const BACKOFF = { minMs: 50, maxMs: 2_000 };
/** As long as a run and longer: a living gateway has every event that may have to be resent. */
const KEEP_AFTER_CLOSE_MS = 3_600_000;

/** One life of a gateway. Its producers, its producer of reports, their retention and its heartbeat are the real ones. */
export class Gateway {
  readonly process: SimProcess;
  readonly #surroundings: Surroundings;
  readonly #ledger: Ledger;
  readonly #appender;
  readonly #reportProducer: ReportProducer;
  readonly #retention: Retention;
  readonly #heartbeat: HeartbeatLoop;
  readonly #openCalls = new Map<string, CallKey>();
  #reports = 0;

  constructor(process: SimProcess, surroundings: Surroundings, ledger: Ledger) {
    this.process = process;
    this.#surroundings = surroundings;
    this.#ledger = ledger;
    const { appender, readLogs, liveCalls } = redisOf(process, surroundings);
    this.#appender = appender;
    this.#retention = new Retention(readLogs, KEEP_AFTER_CLOSE_MS);
    this.#reportProducer = new ReportProducer({
      appender,
      retention: this.#retention,
      maxRetainedBytes: LIMITS.maxRetainedBytes,
      backoff: { ...BACKOFF, random: surroundings.random },
      observer: this.#observer(),
      startTimer: process.startTimer,
      now: process.now,
    });
    this.#heartbeat = new HeartbeatLoop({
      liveCalls,
      retention: this.#retention,
      openCalls: () => [...this.#openCalls.values()],
      now: process.now,
      onFailure: () => process.tell(() => 'heartbeat failed'),
    });
    process.every(surroundings.settings.heartbeatEveryMs, () => this.#heartbeat.beat());
  }

  /** It has no unacknowledged events. */
  get isIdle(): boolean {
    return this.#retention.buffers.every(({ pendingEvents }) => pendingEvents === 0);
  }

  /** After an outage calls have not been seen for long. */
  onRedisReady(): void {
    this.#heartbeat.beat();
  }

  /** Accepts a connection of the carrier and all its messages, until its end or the gateway's. */
  accept(call: CallKey, { connectionId, clockOffMs, events }: PlannedConnection): void {
    const producer = new EventProducer({
      call,
      source: connectionId,
      appender: this.#appender,
      limits: { ...LIMITS, backoff: { ...BACKOFF, random: this.#surroundings.random } },
      observer: this.#observer(),
      startTimer: this.process.startTimer,
    });
    this.#retention.add(producer);
    this.#openCalls.set(connectionId, call);
    const startMs = events[0]?.atMs ?? 0;
    for (const planned of events) {
      this.process.startTimer(planned.atMs - startMs, () => {
        this.#take(producer, planned, clockOffMs);
        if (planned !== events.at(-1)) return;
        this.#openCalls.delete(connectionId);
        this.#retention.close(producer, this.process.now());
      });
    }
  }

  /** A report over HTTP. Resolves when it may be answered with 200; its sender resends it until then. */
  async report(call: CallKey, { draft }: PlannedEvent, atMs: number): Promise<void> {
    this.#reports += 1;
    const place = { call, source: `http:${this.process.name}`, sourceSeq: this.#reports };
    const event = createEvent(draft.type, draft.data, {
      ...place,
      atMs,
      id: draft.id,
    }) as KnownEvent;
    this.#ledger.accept(call, draft.id);
    const outcome = await this.#reportProducer.append({
      call,
      events: [toNewEvent(event, { rememberId: true })],
      mode: 'unordered',
    });
    if (outcome.outcome !== 'ok') throw new Error(`a report was answered with ${outcome.outcome}`);
    // A report that exceeds the limit of its call is refused for good.
    if (outcome.results[0]?.status === 'refused') return;
    this.#ledger.acknowledge(call, draft.id, this.process);
  }

  #take(producer: EventProducer, { draft, rememberId }: PlannedEvent, clockOffMs: number): void {
    const { call } = producer;
    this.process.tell(() => `takes ${draft.id}`);
    this.#ledger.accept(call, draft.id);
    producer.add({ ...draft, atMs: this.process.now() + clockOffMs } as EventDraft, {
      rememberId,
      onResult: ({ status }) => {
        if (status !== 'refused') this.#ledger.acknowledge(call, draft.id, this.process);
      },
    });
  }

  #observer(): ProducerObserver & ReportObserver {
    const { process } = this;
    return {
      onResult: () => undefined,
      onRetry: ({ call, attempt }) => process.tell(() => `${call.callSid} retries, ${attempt}`),
      onGap: ({ call, expected, lost }) =>
        process.tell(() => `${call.callSid} gap at ${expected}, ${lost} not at hand`),
      onRestored: ({ call, events }) => process.tell(() => `${call.callSid} has ${events} reports again`),
    };
  }
}
