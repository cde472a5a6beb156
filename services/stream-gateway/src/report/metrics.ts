import { type Metrics } from '@turnlog/service-kit';
import { type GatewayTally } from './tally.ts';

/** What is measured when it is asked for. */
export interface GatewayGauges {
  readonly connections: () => number;
  readonly retainedBytes: () => number;
  readonly pendingBytes: () => number;
  readonly spooledBytes: () => number;
}

/** The gateway's own metrics; `publish` moves the plain counts of the busy paths into them. */
export function createGatewayMetrics(metrics: Metrics, tally: GatewayTally, gauges: GatewayGauges) {
  const frames = metrics.counter({
    name: 'gateway_frames_total',
    help: "The carrier's frames",
    labels: ['event'],
  });
  const invalid = metrics.counter({
    name: 'gateway_invalid_frames_total',
    help: 'Frames that could not be read',
    labels: ['reason'],
  });
  const unknown = metrics.counter({
    name: 'gateway_unknown_frames_total',
    help: 'Frames with an unknown event',
  });
  const odd = metrics.counter({
    name: 'gateway_odd_frames_total',
    help: 'Audio frames that ended inside a sample',
  });
  const audio = metrics.counter({
    name: 'gateway_audio_bytes_total',
    help: 'Audio by track',
    labels: ['track'],
  });
  const agentFrames = metrics.counter({
    name: 'gateway_agent_frames_total',
    help: 'Frames from agents by what became of them',
    labels: ['fate'],
  });
  const agentDropped = metrics.counter({
    name: 'gateway_frames_not_relayed_total',
    help: 'Frames that an agent was not sent because it could not keep up or was away',
  });
  const agentConnects = metrics.counter({
    name: 'gateway_agent_connects_total',
    help: 'Attempts to reach an agent',
  });
  const agentFailures = metrics.counter({
    name: 'gateway_agent_failures_total',
    help: 'Agents that could not be reached or were lost',
  });
  const endings = metrics.counter({
    name: 'gateway_endings_total',
    help: 'How connections ended',
    labels: ['reason'],
  });
  const unidentified = metrics.counter({
    name: 'gateway_unidentified_calls_total',
    help: 'Calls recorded under the id of their connection',
  });
  const unknownEncodings = metrics.counter({
    name: 'gateway_unknown_encodings_total',
    help: 'Streams whose audio is in an encoding that is not known, and is taken for 16-bit PCM',
  });
  const faults = metrics.counter({
    name: 'gateway_faults_total',
    help: 'Faults of the gateway that ended a call',
  });
  const measured = (name: string, help: string, read: () => number): void =>
    metrics.measuredGauge({ name, help, read: () => Promise.resolve(read()) });
  measured('gateway_connections', "The carrier's open sockets", gauges.connections);
  measured('gateway_agent_connections', 'Open sockets to agents', () => tally.agentSockets);
  measured('gateway_retained_bytes', 'Events kept until they are in Postgres', gauges.retainedBytes);
  measured('gateway_pending_bytes', 'Events that Redis has not acknowledged', gauges.pendingBytes);
  measured('gateway_spool_bytes', 'Events on the disk until Redis takes them', gauges.spooledBytes);

  return {
    events: metrics.counter({
      name: 'gateway_events_total',
      help: 'Events by what became of them',
      labels: ['via', 'result'],
    }),
    retries: metrics.counter({
      name: 'gateway_append_retries_total',
      help: 'Appends that Redis did not answer',
    }),
    gaps: metrics.counter({
      name: 'gateway_gaps_total',
      help: 'Times that Redis had lost acknowledged events of a call',
      labels: ['via'],
    }),
    refusedUpgrades: metrics.counter({
      name: 'gateway_refused_upgrades_total',
      help: 'Sockets that were not taken',
      labels: ['reason'],
    }),
    audioDropped: metrics.counter({
      name: 'gateway_audio_dropped_bytes_total',
      help: 'Audio that was not written to its stream, by the reason',
      labels: ['reason'],
    }),
    callbacks: metrics.counter({
      name: 'gateway_callbacks_total',
      help: "The carrier's callbacks by what became of them",
      labels: ['kind', 'fate'],
    }),
    heartbeatFailures: metrics.counter({
      name: 'gateway_heartbeat_failures_total',
      help: 'Heartbeats of live calls that Redis did not answer',
    }),

    publish(): void {
      for (const [event, n] of drain(tally.frames)) frames.inc({ event }, n);
      for (const [reason, n] of drain(tally.invalidFrames)) invalid.inc({ reason }, n);
      for (const [reason, n] of drain(tally.endings)) endings.inc({ reason }, n);
      for (const track of ['inbound', 'outbound'] as const)
        audio.inc({ track }, take(tally.audioBytes, track));
      for (const fate of ['relayed', 'own', 'dropped', 'one_way'] as const) {
        agentFrames.inc({ fate }, take(tally.agentFrames, fate));
      }
      unknown.inc(take(tally, 'unknownFrames'));
      odd.inc(take(tally, 'oddFrames'));
      agentDropped.inc(take(tally, 'droppedToAgent'));
      agentConnects.inc(take(tally, 'agentConnects'));
      agentFailures.inc(take(tally, 'agentFailures'));
      unidentified.inc(take(tally, 'unidentifiedCalls'));
      unknownEncodings.inc(take(tally, 'unknownEncodings'));
      faults.inc(take(tally, 'faults'));
    },
  };
}

export type GatewayMetrics = ReturnType<typeof createGatewayMetrics>;

/** Reads a count and sets it back. */
function take<K extends string>(counts: Record<K, number>, name: K): number {
  const value = counts[name];
  counts[name] = 0;
  return value;
}

function drain(counts: Map<string, number>): [string, number][] {
  const entries = [...counts];
  counts.clear();
  return entries;
}
