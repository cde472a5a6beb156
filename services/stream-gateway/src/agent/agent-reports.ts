import { type RedactionMode } from '@turnlog/redaction';
import { type CallGuard } from '../call-guard.ts';
import { refusalOf, type AgentAnswer, type AgentMessageError } from '../domain/agent-answer.ts';
import { type EventRate } from '../domain/event-rate.ts';
import { nameOfBytes } from '../domain/name-of-bytes.ts';
import { type MessageName } from '../domain/read-agent-message.ts';
import { depthOf } from '../domain/split-messages.ts';
import { type ReportRates } from '../limits/report-rates.ts';
import { type EventProducer, type DeliveryResult } from '@turnlog/delivery';
import { tooLarge, type ReadingJob, type ReadReport } from '../reading/read-reports.ts';
import { MAX_BYTES_AT_ONCE, type ReportReader } from '../reading/report-reader.ts';

export interface AgentReportsOptions {
  readonly guard: CallGuard;
  readonly producer: EventProducer;
  readonly maxEventBytes: number;
  /** What becomes of personal data in the agent's reports: it may change while the call goes on. */
  readonly redaction: () => RedactionMode;
  readonly reader: ReportReader;
  readonly eventRate: EventRate;
  readonly byteRate: EventRate;
  readonly tenantRates: Pick<ReportRates, 'takeMessage'>;
  /** Too much of all calls together is waiting to be stored. */
  readonly isOverloadedInAll: () => boolean;
  /** The tenant has brought as many bytes as it may. */
  readonly isTenantFull: () => boolean;
  readonly now: () => number;
  /** Sends the agent a text. */
  readonly reply: (text: string) => void;
}

/** The producer gives each event its place. */
const NO_PLACE = { source: 'agent', sourceSeq: 0 };

/** What one call's agent reports on its socket: each message is answered when it is durable, or refused. */
export class AgentReports {
  readonly #options: AgentReportsOptions;

  constructor(options: AgentReportsOptions) {
    this.#options = options;
  }

  /** Takes a message. `onRead` is called for one that is read elsewhere, once the next may come; for others it returns false. */
  take(data: Buffer, onRead: () => void): boolean {
    const refusal = this.#refusalOf(data);
    if (refusal !== undefined) {
      this.#refuse(nameOfBytes(data), refusal);
      return false;
    }
    const { reader, guard } = this.#options;
    const job = this.#jobOf(data);
    if (data.length <= MAX_BYTES_AT_ONCE) {
      for (const report of reader.readNow(job)) this.#took(report);
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

  /** What is known before a message is read. */
  #refusalOf({ length }: Buffer): AgentMessageError | undefined {
    const { producer, maxEventBytes, isOverloadedInAll, isTenantFull, reader, now } = this.#options;
    if (length > maxEventBytes) return { code: 'too_large', message: tooLarge(length, maxEventBytes) };
    if (producer.isOverloaded || isOverloadedInAll() || reader.isOverloaded) {
      const message = 'too much is waiting to be stored; send it again in a few seconds';
      return { code: 'overloaded', message };
    }
    if (isTenantFull()) return refusalOf('tenant_full');
    const limit = this.#exceeded(length, now());
    return limit === undefined
      ? undefined
      : { code: 'too_fast', message: `${limit}; send it again in a second` };
  }

  #exceeded(bytes: number, nowMs: number): string | undefined {
    const { producer, eventRate, byteRate, tenantRates } = this.#options;
    if (!eventRate.take(nowMs)) return 'messages come faster than MAX_EVENTS_PER_SECOND';
    if (!byteRate.take(nowMs, bytes)) return 'messages bring more than MAX_BYTES_PER_SECOND';
    return tenantRates.takeMessage(producer.call.tenant, bytes, nowMs)?.limit;
  }

  #jobOf(data: Buffer): ReadingJob {
    const { producer, redaction, maxEventBytes, now } = this.#options;
    const { source, sourceSeq } = NO_PLACE;
    const report = { bytes: data, depth: depthOf(data), fallbackId: undefined, sourceSeq };
    const { call } = producer;
    return { call, source, nowMs: now(), redaction: redaction(), maxEventBytes, reports: [report] };
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
    this.#options.reply(JSON.stringify(answer));
  }
}
