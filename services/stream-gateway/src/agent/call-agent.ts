import { type WebSocket } from 'ws';
import { type AudioRecorder } from '../audio/audio-recorder.ts';
import { type CallGuard } from '../call-guard.ts';
import { EventRate } from '../domain/event-rate.ts';
import { withSampleRate } from '../domain/agent-sample-rate.ts';
import { fillAgentUrl } from '../domain/agent-url.ts';
import { type LossReason, type StartedConnection } from '../domain/connection-state.ts';
import { type PlaybackMarks } from '../domain/playback-marks.ts';
import { type GatewayContext } from '../exotel/call-needs.ts';
import { type EventProducer } from '@turnlog/delivery';
import { AgentChannel } from './agent-channel.ts';
import { AgentRelay } from './agent-relay.ts';
import { type RawFrame } from './frame-queue.ts';

/** What happens on the agent's side that concerns the call. */
export interface CallAgentEvents {
  /** The agent has ended the conversation, or is lost, and the carrier's socket is to be closed for it. */
  onHangUp(reason: Extract<LossReason, 'agent_hung_up' | 'agent_lost'>): void;
  /** Nothing more comes from the agent. */
  onDone(): void;
}

/** What an agent reports to, and speaks into. */
export interface CallAgentParts {
  readonly connection: StartedConnection;
  readonly producer: EventProducer;
  readonly recorder: AudioRecorder;
  readonly marks: PlaybackMarks;
  readonly carrier: WebSocket;
}

/** One call's agent: dialled at its start, told everything that the carrier says, listened to until its last word. */
export class CallAgent {
  readonly #context: GatewayContext;
  readonly #settings: NonNullable<GatewayContext['agent']>;
  readonly #events: CallAgentEvents;
  readonly #relay: AgentRelay;
  readonly #guard: CallGuard;
  #connection: StartedConnection | undefined;
  #channel: AgentChannel | undefined;

  constructor(
    context: GatewayContext,
    settings: NonNullable<GatewayContext['agent']>,
    { guard, ...events }: CallAgentEvents & { readonly guard: CallGuard },
  ) {
    this.#context = context;
    this.#settings = settings;
    this.#events = events;
    this.#guard = guard;
    this.#relay = this.#createRelay();
  }

  /** Hands on a frame of the carrier, as it came. */
  forward(frame: RawFrame): void {
    this.#relay.forward(frame);
  }

  /** Dials the agent of a call that has begun, once. */
  dial({ connection, producer, recorder, marks, carrier }: CallAgentParts): void {
    const { tally, now, maxCarrierBufferedBytes, retention, redactionOf, isTenantFull } = this.#context;
    const { reader, reportRates } = this.#context;
    const { urlTemplate, maxEventBytes, maxEventsPerSecond, maxBytesPerSecond } = this.#settings;
    if (this.#connection !== undefined) return;
    this.#connection = connection;
    this.#channel = new AgentChannel({
      guard: this.#guard,
      producer,
      recorder,
      marks,
      connectionId: connection.connectionId,
      carrier,
      isOneWay: connection.request.applet === 'stream',
      maxEventBytes,
      redaction: () => redactionOf(producer.call.tenant),
      reader,
      eventRate: new EventRate(maxEventsPerSecond, now()),
      byteRate: new EventRate(maxBytesPerSecond, now()),
      tenantRates: reportRates,
      isOverloadedInAll: () => retention.isOverloaded,
      isTenantFull: () => isTenantFull(producer.call.tenant),
      maxCarrierBufferedBytes,
      tally,
      now,
      reply: (text) => this.#relay.reply(text),
      setPaused: (isPaused) => this.#relay.setPaused(isPaused),
    });
    const template = withSampleRate(urlTemplate, connection.sampleRate);
    const filled = fillAgentUrl(template, { ...connection, tenant: producer.call.tenant });
    if (filled.ok) this.#relay.connect(filled.url);
    else this.#relay.giveUp(filled.problem);
  }

  /** The call is over: the agent has a moment for its last reports. */
  finish(): void {
    this.#relay.finish();
  }

  /** Lets go of the agent now. */
  close(): void {
    this.#relay.close();
  }

  #createRelay(): AgentRelay {
    const { logger, tally } = this.#context;
    return new AgentRelay(
      this.#settings.relay,
      {
        onMessage: (data, isBinary) => this.#channel?.receive(data, isBinary),
        onFailure: ({ error, attempt, givesUp }) => {
          logger.warn({ ...this.#logFields(), error, attempt, gives_up: givesUp }, 'agent is not reachable');
        },
        onHungUp: () => this.#onHungUp(),
        onGivenUp: () => {
          if (this.#isTwoWay && this.#settings.hangsUpWithoutAgent) this.#events.onHangUp('agent_lost');
        },
        onClosed: () => this.#onClosed(),
      },
      { tally, guard: this.#guard },
    );
  }

  /** What the agent said last may still be read. */
  #onClosed(): void {
    const onDone = (): void => this.#events.onDone();
    if (this.#channel === undefined) onDone();
    else this.#channel.whenRead(onDone);
  }

  #onHungUp(): void {
    this.#context.logger.info(this.#logFields(), 'agent hung up');
    if (this.#isTwoWay && this.#settings.hangsUpWithAgent) this.#events.onHangUp('agent_hung_up');
  }

  /** A one-way stream only listens to a call that others hold: it is not the agent's to end. */
  get #isTwoWay(): boolean {
    return this.#connection?.request.applet === 'voicebot';
  }

  #logFields(): Record<string, string | undefined> {
    return { call_sid: this.#connection?.callSid, connection_id: this.#connection?.connectionId };
  }
}
