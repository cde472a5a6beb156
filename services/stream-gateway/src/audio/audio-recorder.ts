import { type AudioTally, count } from '../report/tally.ts';
import { type CallKey } from '@turnlog/call-events';
import { type AudioTrack as Track } from '@turnlog/call-log';
import { durationMs, type MediaFrame } from '@turnlog/exotel';
import { type CallGuard } from '../call-guard.ts';
import { type StartedConnection } from '../domain/connection-state.ts';
import { type AudioSummary } from '../domain/end-connection.ts';
import { AudioTrack, type PcmBatch, pcmBytesOf } from './audio-track.ts';
import { type AudioWriter } from './audio-writer.ts';
import { type BufferPool } from './buffer-pool.ts';

export interface AudioRecorderOptions {
  readonly call: CallKey;
  readonly connection: StartedConnection;
  /** If undefined, audio is counted and not kept. */
  readonly writer: AudioWriter | undefined;
  readonly batchMs: number;
  readonly pool: BufferPool;
  readonly tally: AudioTally;
  readonly guard: CallGuard;
}

/** Both tracks of one connection: counts them by their bytes and writes them in batches. */
export class AudioRecorder {
  readonly #options: AudioRecorderOptions;
  readonly #tracks: Partial<Record<Track, AudioTrack>> = {};
  #inboundBytes = 0;
  #outboundBytes = 0;
  #frames = 0;
  #invalidFrames = 0;
  #droppedBytes = 0;

  constructor(options: AudioRecorderOptions) {
    this.#options = options;
  }

  /** Adds a frame of the carrier, on the track that it names. */
  addFrame({ track, payload, byteLength }: MediaFrame, nowMs: number): void {
    this.add(track === 'outbound' ? 'outbound' : 'inbound', payload, byteLength, nowMs);
  }

  /** Adds one frame's payload. A payload that is not audio is counted and left out. */
  add(track: Track, payload: string, byteLength: number, nowMs: number): void {
    this.#frames += 1;
    const bytes = this.#trackOf(track).add(payload, byteLength, {
      positionMs: this.#positionOf(track, nowMs),
      nowMs,
    });
    if (typeof bytes === 'string') {
      this.#countInvalid(bytes);
      return;
    }
    const { tally, connection } = this.#options;
    if (bytes !== pcmBytesOf(connection.codec, byteLength)) tally.oddFrames += 1;
    tally.audioBytes[track] += bytes;
    if (track === 'inbound') this.#inboundBytes += bytes;
    else this.#outboundBytes += bytes;
  }

  /** Writes the batches that have waited for as long as a batch lasts. */
  flushDue(nowMs: number): void {
    const dueMs = nowMs - this.#options.batchMs;
    for (const track of [this.#tracks.inbound, this.#tracks.outbound]) {
      if (track?.waitingSinceMs !== undefined && track.waitingSinceMs <= dueMs) track.flush();
    }
  }

  /** Writes what is left, at the end of the connection. */
  finish(): void {
    const { writer, call } = this.#options;
    this.#tracks.inbound?.flush();
    this.#tracks.outbound?.flush();
    if (this.#frames > 0) writer?.finish(call);
  }

  /** How much there was until now. */
  summary(): AudioSummary {
    const { sampleRate } = this.#options.connection;
    return {
      inboundBytes: this.#inboundBytes,
      outboundBytes: this.#outboundBytes,
      inboundMs: durationMs(this.#inboundBytes, sampleRate),
      outboundMs: durationMs(this.#outboundBytes, sampleRate),
      frames: this.#frames,
      ...(this.#invalidFrames > 0 && { invalidFrames: this.#invalidFrames }),
      ...(this.#droppedBytes > 0 && { droppedBytes: this.#droppedBytes }),
    };
  }

  // The caller's audio never pauses, so its bytes show the time; the agent's arrives in bursts.
  #positionOf(track: Track, nowMs: number): number {
    return track === 'inbound' ? 0 : nowMs - this.#options.connection.startedAtMs;
  }

  #trackOf(track: Track): AudioTrack {
    return (this.#tracks[track] ??= this.#openTrack(track));
  }

  #openTrack(track: Track): AudioTrack {
    const { connection, batchMs, pool } = this.#options;
    const { sampleRate, codec } = connection;
    const emit = (batch: PcmBatch): void => this.#write(track, batch);
    return new AudioTrack({ sampleRate, codec, batchMs, pool, emit });
  }

  #write(track: Track, { pcm, offsetMs, buffer }: PcmBatch): void {
    const { writer, call, connection, pool, guard } = this.#options;
    const { sampleRate, connectionId } = connection;
    if (writer === undefined) {
      pool.giveBack(buffer);
      return;
    }
    const onDone = guard.wrap('audio.done', (isWritten: boolean) => {
      pool.giveBack(buffer);
      if (!isWritten) this.#droppedBytes += pcm.length;
    });
    writer.write(call, { track, sampleRate, pcm, offsetMs, connectionId }, onDone);
  }

  #countInvalid(reason: string): void {
    this.#invalidFrames += 1;
    count(this.#options.tally.invalidFrames, reason);
  }
}
