/** How a simulated call ended. */
export interface CallEnd {
  how: 'hung-up' | 'dropped' | 'closed-by-server' | 'handshake-failed' | 'aborted';
  /** As this side saw it; none when the socket never opened or is left half-open. */
  closeCode: number | undefined;
  closeReason: string | undefined;
  error: string | undefined;
}

/** What passed on a simulated call. */
export interface CallReport {
  callSid: string;
  streamSid: string;
  /** All events, media among them. */
  framesSent: number;
  mediaFramesSent: number;
  audioBytesSent: number;
  botAudio: { frames: number; bytes: number; durationMs: number };
  marksReceived: string[];
  marksReturned: string[];
  clearsReceived: number;
  /**
   * Messages that the server should not have sent: unknown events, text that is not a frame, anything on a
   * one-way stream.
   */
  otherFramesReceived: number;
  end: CallEnd;
}
