import { type Principal } from '../domain/principal.ts';
import { AudioRecorder } from '../audio/audio-recorder.ts';
import { type CallGuard } from '../call-guard.ts';
import { type StartedConnection } from '../domain/connection-state.ts';
import { type CallNeeds } from './call-needs.ts';
import { startTimer } from '@turnlog/service-kit';
import { EventProducer } from '@turnlog/delivery';

/** A call after its first frame that named it. */
export interface OpenCall {
  readonly connection: StartedConnection;
  readonly producer: EventProducer;
  readonly recorder: AudioRecorder;
}

/** Creates the producer and the recorder of a call of the principal's tenant. */
export function openCall(
  { delivery, retention, streamCalls, audio, tally }: CallNeeds,
  { tenant }: Principal,
  connection: StartedConnection,
  guard: CallGuard,
): OpenCall {
  const call = { tenant, callSid: connection.callSid };
  const producer = new EventProducer({
    call,
    source: connection.connectionId,
    ...delivery,
    startTimer: (ms, act) => startTimer(ms, guard.wrap('producer.timer', act)),
  });
  retention.add(producer);
  if (connection.streamSid !== undefined) streamCalls.remember(call, connection.streamSid);
  return { connection, producer, recorder: new AudioRecorder({ call, connection, ...audio, tally, guard }) };
}
