import { storableDraft } from '@turnlog/call-events';
import { type EventProducer } from '@turnlog/delivery';
import { type WebSocket } from 'ws';
import { type AudioRecorder } from '../audio/audio-recorder.ts';
import { type CallGuard } from '../call-guard.ts';
import { type RelayFailure } from '../domain/agent-failure.ts';
import { withSampleRate } from '../domain/agent-sample-rate.ts';
import { fillAgentUrl } from '../domain/agent-url.ts';
import { type StartedConnection } from '../domain/connection-state.ts';
import { type PlaybackMarks } from '../domain/playback-marks.ts';
import { AgentChannel } from './agent-channel.ts';
import { type AgentNeeds } from './agent-needs.ts';
import { AgentRelay, type AgentLoss } from './agent-relay.ts';
import { type RawFrame } from './frame-queue.ts';

/** What concerns the call on the agent's side. */
export interface CallAgentOptions {
  readonly guard: CallGuard;
  readonly now: () => number;
  /** The carrier's socket is to be closed, because the agent ended the conversation or is lost. */
  readonly onHangUp: (reason: AgentLoss) => void;
  /** Nothing more comes from the agent. */
  readonly onDone: () => void;
}

/** The call to which an agent speaks and reports. */
export interface CallAgentParts {
  readonly connection: StartedConnection;
  readonly producer: EventProducer;
  readonly recorder: AudioRecorder;
  readonly marks: PlaybackMarks;
  readonly carrier: WebSocket;
}

/** One call's agent, from the call's first frame to the agent's last report. */
export class CallAgent {
  readonly #needs: AgentNeeds;
  readonly #options: CallAgentOptions;
  readonly #relay: AgentRelay;
  #parts: CallAgentParts | undefined;
  #channel: AgentChannel | undefined;

  constructor(needs: AgentNeeds, options: CallAgentOptions) {
    this.#needs = needs;
    this.#options = options;
    this.#relay = this.#createRelay();
  }

  /** Hands on a frame of the carrier, unchanged. */
  forward(frame: RawFrame): void {
    this.#relay.forward(frame);
  }

  /** Dials the agent of a call that has begun, once. */
  dial(parts: CallAgentParts): void {
    if (this.#parts !== undefined) return;
    const { connection, producer } = parts;
    const { guard, now } = this.#options;
    this.#parts = parts;
    this.#channel = new AgentChannel({ ...parts, needs: this.#needs, guard, now, relay: this.#relay });
    const template = withSampleRate(this.#needs.urlTemplate, connection.sampleRate);
    const filled = fillAgentUrl(template, { ...connection, tenant: producer.call.tenant });
    if (filled.ok) this.#relay.connect(filled.url);
    else this.#relay.giveUp({ reason: 'no_url', error: filled.problem });
  }

  /** The call is over: the agent has a moment for its last reports. */
  finish(): void {
    this.#relay.finish();
  }

  /** Closes the agent's socket now. */
  close(): void {
    this.#relay.close();
  }

  #createRelay(): AgentRelay {
    const { tally, relay } = this.#needs;
    return new AgentRelay(relay, {
      tally,
      guard: this.#options.guard,
      onMessage: (data, isBinary) => this.#channel?.receive(data, isBinary),
      onFailure: (failure) => this.#onFailure(failure),
      onLost: (reason) => this.#onLost(reason),
      onClosed: () => this.#onClosed(),
    });
  }

  /** Each failure is logged; the last one is an event of the call. */
  #onFailure({ reason, error, attempts, givesUp }: RelayFailure): void {
    const { address } = this.#relay;
    const fields = this.#logFields();
    this.#needs.logger.warn(
      { event: 'agent_unreachable', ...fields, address, reason, error, attempt: attempts, gives_up: givesUp },
      'agent is not reachable',
    );
    if (!givesUp || this.#parts === undefined) return;
    const { connection, producer } = this.#parts;
    const data = { connectionId: connection.connectionId, reason, attempts };
    const draft = { type: 'agent.unreachable', data, atMs: this.#options.now() } as const;
    producer.add(storableDraft(draft, () => ''));
  }

  /** The agent's last message may still be read. */
  #onClosed(): void {
    const { onDone } = this.#options;
    if (this.#channel === undefined) onDone();
    else this.#channel.whenRead(onDone);
  }

  /** The agent of a one-way stream only listens, and does not end the call. */
  #onLost(reason: AgentLoss): void {
    const { logger, hangsUpOn } = this.#needs;
    if (reason === 'agent_hung_up')
      logger.info({ event: 'agent_hung_up', ...this.#logFields() }, 'agent hung up');
    const isTwoWay = this.#parts?.connection.request.applet === 'voicebot';
    if (isTwoWay && hangsUpOn[reason]) this.#options.onHangUp(reason);
  }

  #logFields(): Record<string, string | undefined> {
    const connection = this.#parts?.connection;
    return { call_sid: connection?.callSid, connection_id: connection?.connectionId };
  }
}
