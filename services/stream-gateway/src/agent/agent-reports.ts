import { type DeliveryResult, type EventProducer } from '@turnlog/delivery';
import { type CallGuard } from '../call-guard.ts';
import { refusalOf, type AgentAnswer, type AgentMessageError } from '../domain/agent-answer.ts';
import { EventRate } from '../domain/event-rate.ts';
import { nameOfBytes } from '../domain/name-of-bytes.ts';
import { type MessageName } from '../domain/read-agent-message.ts';
import { depthOf } from '../domain/split-messages.ts';
import { readReports, tooLarge, type ReadingJob, type ReadReport } from '../reading/read-reports.ts';
import { MAX_BYTES_AT_ONCE } from '../reading/report-reader.ts';
import { type AgentNeeds } from './agent-needs.ts';
import { type AgentRelay } from './agent-relay.ts';

export interface AgentReportsOptions {
  readonly needs: AgentNeeds;
  readonly guard: CallGuard;
  readonly producer: EventProducer;
  readonly relay: AgentRelay;
  readonly now: () => number;
}

/** What one call's agent reports on its socket: each message is acknowledged when it is durable, or refused. */
export class AgentReports {
  readonly #options: AgentReportsOptions;
  readonly #eventRate: EventRate;
  readonly #byteRate: EventRate;

  constructor(options: AgentReportsOptions) {
    const { needs, now } = options;
    this.#options = options;
    this.#eventRate = new EventRate(needs.maxEventsPerSecond, now());
    this.#byteRate = new EventRate(needs.maxBytesPerSecond, now());
  }

  /** Takes a message. Returns true if it is read in a thread; `onRead` is then called when the next may follow. */
  take(data: Buffer, onRead: () => void): boolean {
    const refusal = this.#refusalOf(data);
    if (refusal !== undefined) {
      this.#refuse(nameOfBytes(data), refusal);
      return false;
    }
    const { needs, guard } = this.#options;
    const { reader } = needs.intake;
    const job = this.#jobOf(data);
    if (data.length <= MAX_BYTES_AT_ONCE) {
      for (const report of readReports(job)) this.#took(report);
      return false;
    }
    const onReports = (reports: readonly ReadReport[]): void => {
      try {
        for (const report of reports) this.#took(report);
      } finally {
        onRead();
      }
    };
    const onFailed = (): void => {
      const message = 'the message could not be read right now; send it again with the same id';
      this.#refuse(nameOfBytes(data), { code: 'unavailable', message });
      onRead();
    };
    guard.settled('agent.read', reader.read(job), onReports, onFailed);
    return true;
  }

  /** The refusal of a message that need not be read for it. */
  #refusalOf({ length }: Buffer): AgentMessageError | undefined {
    const { producer, needs } = this.#options;
    const { maxEventBytes, reader, isTenantFull } = needs.intake;
    if (length > maxEventBytes) return { code: 'too_large', message: tooLarge(length, maxEventBytes) };
    if (producer.isOverloaded || needs.isOverloaded() || reader.isOverloaded) {
      const message = 'too much is waiting to be stored; send it again in a few seconds';
      return { code: 'overloaded', message };
    }
    if (isTenantFull(producer.call.tenant)) return refusalOf('tenant_full');
    const limit = this.#exceededRate(length);
    return limit === undefined
      ? undefined
      : { code: 'too_fast', message: `${limit}; send it again in a second` };
  }

  #exceededRate(bytes: number): string | undefined {
    const { producer, needs, now } = this.#options;
    const nowMs = now();
    if (!this.#eventRate.take(nowMs)) return 'messages come faster than MAX_EVENTS_PER_SECOND';
    if (!this.#byteRate.take(nowMs, bytes)) return 'messages bring more than MAX_BYTES_PER_SECOND';
    return needs.intake.rates.takeMessage(producer.call.tenant, bytes, nowMs)?.limit;
  }

  /** The producer replaces the source and its sequence. */
  #jobOf(data: Buffer): ReadingJob {
    const { call } = this.#options.producer;
    const { redactionOf, maxEventBytes } = this.#options.needs.intake;
    const reports = [{ bytes: data, depth: depthOf(data), fallbackId: undefined, sourceSeq: 0 }];
    const redaction = redactionOf(call.tenant);
    return { call, source: 'agent', nowMs: this.#options.now(), redaction, maxEventBytes, reports };
  }

  #took(report: ReadReport): void {
    const { guard, producer } = this.#options;
    if (!report.ok) {
      this.#refuse(report, report.error);
      return;
    }
    const onResult = guard.wrap('agent.receipt', (result: DeliveryResult) =>
      this.#acknowledge(report, result),
    );
    producer.addEncoded(report.newEvent, onResult);
  }

  #acknowledge(name: MessageName, result: DeliveryResult): void {
    if (result.status === 'refused') {
      this.#refuse(name, refusalOf(result.reason));
      return;
    }
    const { status, seq, isSpooled = false } = result;
    const durable = isSpooled ? 'spool' : undefined;
    this.#answer({ event: 'ack', id: name.id ?? null, revision: name.revision, status, seq, durable });
  }

  #refuse({ id, revision }: MessageName, error: AgentMessageError): void {
    this.#answer({ event: 'error', id: id ?? null, revision, error });
  }

  #answer(answer: AgentAnswer): void {
    this.#options.relay.reply(JSON.stringify(answer));
  }
}
