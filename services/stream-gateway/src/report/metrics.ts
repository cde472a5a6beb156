import { type CounterRow, type Metrics } from '@turnlog/service-kit';
import { type GatewayTally } from './tally.ts';

const COUNTERS = {
  events: ['gateway_events_total', 'Events by how they came and by the result', 'via', 'result'],
  retries: ['gateway_append_retries_total', 'Appends that Redis did not answer'],
  gaps: ['gateway_gaps_total', 'Times that Redis had lost acknowledged events of a call', 'via'],
  refusedUpgrades: ['gateway_refused_upgrades_total', 'Refused sockets by reason', 'reason'],
  audioDropped: ['gateway_audio_dropped_bytes_total', 'Dropped bytes of audio by reason', 'reason'],
  callbacks: ['gateway_callbacks_total', 'Callbacks of the carrier by kind and result', 'kind', 'fate'],
  heartbeatFailures: [
    'gateway_heartbeat_failures_total',
    'Heartbeats of live calls that Redis did not answer',
  ],
} as const satisfies Record<string, CounterRow>;

const TALLIED = {
  frames: ['gateway_frames_total', 'Frames from the carrier by event', 'event'],
  invalidFrames: ['gateway_invalid_frames_total', 'Frames that could not be read, by reason', 'reason'],
  unknownFrames: ['gateway_unknown_frames_total', 'Frames with an unknown event'],
  oddFrames: ['gateway_odd_frames_total', 'Audio frames that ended inside a sample'],
  audioBytes: ['gateway_audio_bytes_total', 'Bytes of audio by track', 'track'],
  agentFrames: ['gateway_agent_frames_total', 'Frames from agents by result', 'fate'],
  droppedToAgent: [
    'gateway_frames_not_relayed_total',
    'Frames dropped because the agent was too slow or not connected',
  ],
  agentConnects: ['gateway_agent_connects_total', 'Attempts to connect to an agent'],
  agentFailures: ['gateway_agent_failures_total', 'Failed attempts and lost connections to agents'],
  endings: ['gateway_endings_total', 'Ended connections by reason', 'reason'],
  unidentifiedCalls: ['gateway_unidentified_calls_total', 'Calls recorded under the id of their connection'],
  unknownEncodings: [
    'gateway_unknown_encodings_total',
    'Streams whose audio has an unknown encoding and is taken for 16-bit PCM',
  ],
  faults: ['gateway_faults_total', 'Faults of the gateway that ended a call'],
} as const satisfies Record<Exclude<keyof GatewayTally, 'agentSockets'>, CounterRow>;

/** Values that are read when they are scraped. */
export type GatewayGauges = Readonly<
  Record<'connections' | 'retainedBytes' | 'pendingBytes' | 'spooledBytes', () => number>
>;

/** Creates the gateway's own metrics, and returns those that are not read from `tally` or `gauges`. */
export function createGatewayMetrics(metrics: Metrics, tally: GatewayTally, gauges: GatewayGauges) {
  metrics.measuredCounters(TALLIED, tally);
  metrics.gauges({
    gateway_connections: ['Open sockets of the carrier', gauges.connections],
    gateway_agent_connections: ['Open sockets to agents', () => tally.agentSockets],
    gateway_retained_bytes: ['Bytes of events kept until they are in Postgres', gauges.retainedBytes],
    gateway_pending_bytes: ['Bytes of events that Redis has not acknowledged', gauges.pendingBytes],
    gateway_spool_bytes: ['Bytes of events on disk until Redis accepts them', gauges.spooledBytes],
  });
  return metrics.counters(COUNTERS);
}

export type GatewayMetrics = ReturnType<typeof createGatewayMetrics>;
