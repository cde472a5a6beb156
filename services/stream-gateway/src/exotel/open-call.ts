import { type Principal } from '../domain/principal.ts';
import { AudioRecorder } from '../audio/audio-recorder.ts';
import { type CallGuard } from '../call-guard.ts';
import { type StartedConnection } from '../domain/connection-state.ts';
import { type GatewayContext } from './call-needs.ts';
import { startTimer } from '@turnlog/service-kit';
import { EventProducer } from '@turnlog/delivery';

/** What there is of a call from the moment at which it is known which one it is. */
export interface OpenCall {
  readonly connection: StartedConnection;
  readonly producer: EventProducer;
  readonly recorder: AudioRecorder;
}

/** Makes what takes the events and the audio of a call. Whose it is, is who authenticated. */
export function openCall(
  context: GatewayContext,
  { tenant }: Principal,
  connection: StartedConnection,
  guard: CallGuard,
): OpenCall {
  const { appender, retention, streamCalls, audio, tally, producerLimits, producerObserver, producerSpool } =
    context;
  const call = { tenant, callSid: connection.callSid };
  const producer = new EventProducer({
    call,
    source: connection.connectionId,
    appender,
    limits: producerLimits,
    observer: producerObserver,
    spool: producerSpool,
    startTimer: (ms, act) => startTimer(ms, guard.wrap('producer.timer', act)),
  });
  retention.add(producer);
  if (connection.streamSid !== undefined) streamCalls.remember(call, connection.streamSid);
  return { connection, producer, recorder: new AudioRecorder({ call, connection, ...audio, tally, guard }) };
}
