import { z } from 'zod';

/** The life of a call and its connections. */
export const lifecycleEvents = {
  /** A carrier's stream of this call was opened. */
  'call.started': z.object({
    connectionId: z.string(),
    streamSid: z.string().optional(),
    accountSid: z.string().optional(),
    from: z.string().optional(),
    to: z.string().optional(),
    direction: z.string().optional(),
    applet: z.enum(['voicebot', 'stream']).optional(),
    sampleRate: z.int().optional(),
    /** Of the audio, as it was announced. */
    encoding: z.string().optional(),
    customParameters: z.record(z.string(), z.string()).optional(),
  }),

  /** The carrier said that the stream is over. Reasons seen: `callended`, `stopped`; an open string. */
  'call.ended': z.object({ connectionId: z.string(), reason: z.string() }),

  /** The stream is over and the carrier did not say so. */
  'call.disconnected': z.object({
    connectionId: z.string(),
    /** `socket_closed`, `idle`, `half_open`, `agent_hung_up`, `superseded`, `drained`, `gateway_lost` …; an open string. */
    reason: z.string(),
    closeCode: z.int().optional(),
  }),

  /** The gateway could not reach the agent, or lost it for good: the call continues without an agent, or is ended. */
  'agent.unreachable': z.object({
    connectionId: z.string(),
    /** Why the last attempt failed: an open string, such as `refused`, `timeout`, `http_503`. */
    reason: z.string(),
    /** How often the agent was dialled for this call. */
    attempts: z.int().optional(),
  }),

  /** How much audio a connection carried, in bytes of 16-bit PCM. Sent when the connection is over. */
  'audio.summarised': z.object({
    connectionId: z.string(),
    sampleRate: z.int(),
    /** What it was decoded from: `mulaw` or `alaw`. PCM where it is absent. */
    encoding: z.string().optional(),
    inboundBytes: z.int(),
    outboundBytes: z.int(),
    inboundMs: z.number(),
    outboundMs: z.number(),
    frames: z.int(),
    invalidFrames: z.int().optional(),
    /** Bytes that were received and not written to the audio stream. */
    droppedBytes: z.int().optional(),
  }),
};
