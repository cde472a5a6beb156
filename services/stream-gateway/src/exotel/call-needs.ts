import { type CallKey } from '@turnlog/call-events';
import { type EventProducerOptions, type Retention } from '@turnlog/delivery';
import { type Logger } from '@turnlog/service-kit';
import { type AgentNeeds } from '../agent/agent-needs.ts';
import { type AudioRecorderOptions } from '../audio/audio-recorder.ts';
import { type GatewayTally } from '../report/tally.ts';

/** What all calls of a gateway share. */
export interface CallNeeds {
  readonly delivery: Pick<EventProducerOptions, 'appender' | 'limits' | 'observer' | 'spool'>;
  readonly retention: Retention;
  readonly streamCalls: { remember(call: CallKey, streamSid: string): void };
  readonly audio: Pick<AudioRecorderOptions, 'writer' | 'batchMs' | 'pool'>;
  /** Undefined if no agent is dialled. */
  readonly agent: AgentNeeds | undefined;
  readonly logger: Logger;
  readonly tally: GatewayTally;
  /** Unix ms, for what is recorded. */
  readonly now: () => number;
  readonly newId: () => string;
}
