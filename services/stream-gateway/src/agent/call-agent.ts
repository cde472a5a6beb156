import { type WebSocket } from 'ws';
import { type AudioRecorder } from '../audio/audio-recorder.ts';
import { type CallGuard } from '../call-guard.ts';
import { EventRate } from '../domain/event-rate.ts';
import { withSampleRate } from '../domain/agent-sample-rate.ts';
import { fillAgentUrl } from '../domain/agent-url.ts';
import { type LossReason, type StartedConnection } from '../domain/connection-state.ts';
import { type PlaybackMarks } from '../domain/playback-marks.ts';
import { type EventProducer } from '@turnlog/delivery';
import { type Logger } from '@turnlog/service-kit';
import { type ReportIntake } from './report-intake.ts';
import { type GatewayTally } from '../report/tally.ts';
import { AgentChannel } from './agent-channel.ts';
import { AgentRelay, type AgentRelaySettings } from './agent-relay.ts';
import { type RawFrame } from './frame-queue.ts';

/** What the agents of all calls share. */
export interface AgentNeeds {
  readonly urlTemplate: string;
  readonly hangsUpWithAgent: boolean;
  /** Ends the call when the agent is lost for good. */
  readonly hangsUpWithoutAgent: boolean;
  readonly maxEventsPerSecond: number;
  readonly maxBytesPerSecond: number;
  /** Audio for the carrier is dropped while more than this waits for its socket. */
  readonly maxCarrierBufferedBytes: number;
  readonly relay: AgentRelaySettings;
  readonly intake: ReportIntake;
  /** Too much of all calls together waits to be stored. */
  readonly isOverloaded: () => boolean;
  readonly logger: Logger;
  readonly tally: GatewayTally;
}

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
  readonly #needs: AgentNeeds;
  readonly #now: () => number;
  readonly #events: CallAgentEvents;
  readonly #relay: AgentRelay;
  readonly #guard: CallGuard;
  #connection: StartedConnection | undefined;
  #channel: AgentChannel | undefined;

  constructor(
    needs: AgentNeeds,
    { guard, now, ...events }: CallAgentEvents & { readonly guard: CallGuard; readonly now: () => number },
  ) {
    this.#needs = needs;
    this.#now = now;
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
    if (this.#connection !== undefined) return;
    this.#connection = connection;
    const { intake, urlTemplate, maxEventsPerSecond, maxBytesPerSecond } = this.#needs;
    const { tenant } = producer.call;
    const now = this.#now;
    this.#channel = new AgentChannel({
      guard: this.#guard,
      producer,
      recorder,
      marks,
      connectionId: connection.connectionId,
      carrier,
      isOneWay: connection.request.applet === 'stream',
      maxEventBytes: intake.maxEventBytes,
      redaction: () => intake.redactionOf(tenant),
      reader: intake.reader,
      eventRate: new EventRate(maxEventsPerSecond, now()),
      byteRate: new EventRate(maxBytesPerSecond, now()),
      tenantRates: intake.rates,
      isOverloadedInAll: this.#needs.isOverloaded,
      isTenantFull: () => intake.isTenantFull(tenant),
      maxCarrierBufferedBytes: this.#needs.maxCarrierBufferedBytes,
      tally: this.#needs.tally,
      now,
      reply: (text) => this.#relay.reply(text),
      setPaused: (isPaused) => this.#relay.setPaused(isPaused),
    });
    const template = withSampleRate(urlTemplate, connection.sampleRate);
    const filled = fillAgentUrl(template, { ...connection, tenant });
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
    const { logger, tally, relay } = this.#needs;
    return new AgentRelay(
      relay,
      {
        onMessage: (data, isBinary) => this.#channel?.receive(data, isBinary),
        onFailure: ({ error, attempt, givesUp }) => {
          logger.warn(
            { event: 'agent_unreachable', ...this.#logFields(), error, attempt, gives_up: givesUp },
            'agent is not reachable',
          );
        },
        onHungUp: () => this.#onHungUp(),
        onGivenUp: () => {
          if (this.#isTwoWay && this.#needs.hangsUpWithoutAgent) this.#events.onHangUp('agent_lost');
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
    this.#needs.logger.info({ event: 'agent_hung_up', ...this.#logFields() }, 'agent hung up');
    if (this.#isTwoWay && this.#needs.hangsUpWithAgent) this.#events.onHangUp('agent_hung_up');
  }

  /** A one-way stream only listens to a call that others hold: it is not the agent's to end. */
  get #isTwoWay(): boolean {
    return this.#connection?.request.applet === 'voicebot';
  }

  #logFields(): Record<string, string | undefined> {
    return { call_sid: this.#connection?.callSid, connection_id: this.#connection?.connectionId };
  }
}
