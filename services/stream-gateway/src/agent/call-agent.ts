import { type EventProducer } from '@turnlog/delivery';
import { type WebSocket } from 'ws';
import { type AudioRecorder } from '../audio/audio-recorder.ts';
import { type CallGuard } from '../call-guard.ts';
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
  #connection: StartedConnection | undefined;
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
    if (this.#connection !== undefined) return;
    const { connection, producer } = parts;
    const { guard, now } = this.#options;
    this.#connection = connection;
    this.#channel = new AgentChannel({ ...parts, needs: this.#needs, guard, now, relay: this.#relay });
    const template = withSampleRate(this.#needs.urlTemplate, connection.sampleRate);
    const filled = fillAgentUrl(template, { ...connection, tenant: producer.call.tenant });
    if (filled.ok) this.#relay.connect(filled.url);
    else this.#relay.giveUp(filled.problem);
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
    const { logger, tally, relay } = this.#needs;
    return new AgentRelay(relay, {
      tally,
      guard: this.#options.guard,
      onMessage: (data, isBinary) => this.#channel?.receive(data, isBinary),
      onFailure: ({ error, attempt, givesUp }) => {
        logger.warn(
          { event: 'agent_unreachable', ...this.#logFields(), error, attempt, gives_up: givesUp },
          'agent is not reachable',
        );
      },
      onLost: (reason) => this.#onLost(reason),
      onClosed: () => this.#onClosed(),
    });
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
    const isTwoWay = this.#connection?.request.applet === 'voicebot';
    if (isTwoWay && hangsUpOn[reason]) this.#options.onHangUp(reason);
  }

  #logFields(): Record<string, string | undefined> {
    return { call_sid: this.#connection?.callSid, connection_id: this.#connection?.connectionId };
  }
}
