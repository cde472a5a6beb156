import { type EventProducerOptions, type Retention } from '@turnlog/delivery';
import { type Logger } from '@turnlog/service-kit';
import { type AgentNeeds } from '../agent/agent-needs.ts';
import { type AudioRecorderOptions } from '../audio/audio-recorder.ts';
import { type GatewayTally } from '../report/tally.ts';
import { type StreamCalls } from '../store/stream-calls.ts';

/** What every call of a gateway shares. */
export interface CallNeeds {
  /** How its events are delivered. */
  readonly delivery: Pick<EventProducerOptions, 'appender' | 'limits' | 'observer' | 'spool'>;
  readonly retention: Retention;
  readonly streamCalls: Pick<StreamCalls, 'remember'>;
  readonly audio: Pick<AudioRecorderOptions, 'writer' | 'batchMs' | 'pool'>;
  /** Without it calls are recorded and no agent is dialled. */
  readonly agent: AgentNeeds | undefined;
  readonly logger: Logger;
  readonly tally: GatewayTally;
  /** Unix ms, for what is recorded. */
  readonly now: () => number;
  readonly newId: () => string;
}
