import { type RedactionMode } from '@turnlog/redaction';
import { type Logger } from '@turnlog/service-kit';
import { type AgentRelaySettings } from '../agent/agent-relay.ts';
import { type BufferPool } from '../audio/buffer-pool.ts';
import { type AudioWriter } from '../audio/audio-writer.ts';
import { type GatewayTally } from '../report/tally.ts';
import {
  type ProducerAppender,
  type ProducerLimits,
  type ProducerObserver,
  type ProducerSpool,
  type Retention,
} from '@turnlog/delivery';
import { type StreamCalls } from '../store/stream-calls.ts';
import { type ReportRates } from '../limits/report-rates.ts';
import { type ReportReader } from '../reading/report-reader.ts';

/** What every call of a gateway shares. */
export interface GatewayContext {
  /** What becomes of personal data in what agents report to a tenant. */
  readonly redactionOf: (tenant: string) => RedactionMode;
  readonly logger: Logger;
  readonly tally: GatewayTally;
  readonly appender: ProducerAppender;
  readonly retention: Retention;
  readonly streamCalls: Pick<StreamCalls, 'remember'>;
  /** How fast may be reported. */
  readonly reportRates: ReportRates;
  readonly reader: ReportReader;
  /** Whether a tenant has brought as many bytes as it may. */
  readonly isTenantFull: (tenant: string) => boolean;
  readonly producerLimits: ProducerLimits;
  readonly producerObserver: ProducerObserver;
  readonly producerSpool: ProducerSpool | undefined;
  readonly audio: {
    readonly writer: AudioWriter | undefined;
    readonly batchMs: number;
    readonly pool: BufferPool;
  };
  /** Without it calls are recorded and no agent is dialled. */
  readonly agent:
    | {
        readonly urlTemplate: string;
        readonly hangsUpWithAgent: boolean;
        /** Ends the call when the agent is lost for good. */
        readonly hangsUpWithoutAgent: boolean;
        readonly maxEventBytes: number;
        readonly maxEventsPerSecond: number;
        readonly maxBytesPerSecond: number;
        readonly relay: AgentRelaySettings;
      }
    | undefined;
  /** Audio for the carrier is dropped while more than this waits for its socket. */
  readonly maxCarrierBufferedBytes: number;
  /** Unix ms, for what is recorded. */
  readonly now: () => number;
  readonly newId: () => string;
}
