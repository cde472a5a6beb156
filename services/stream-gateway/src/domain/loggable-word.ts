/**
 * Names of events that carriers are known to send and that mean nothing here. Source: Exotel's extension guide (`silence`),
 * and what bots and carriers like Twilio send on such a socket.
 */
export const KNOWN_EVENTS: ReadonlySet<string> = new Set([
  ...['silence', 'ping', 'pong', 'heartbeat', 'keepalive', 'error', 'status', 'transfer', 'hangup'],
]);

/** Why a stream stopped, in the words that Exotel documents or similar carriers use. Source: Exotel, the WebSocket protocol. */
export const KNOWN_STOP_REASONS: ReadonlySet<string> = new Set([
  ...['stopped', 'callended', 'closed', 'completed', 'hangup', 'disconnected', 'canceled', 'cancelled'],
  ...['failed', 'busy', 'no-answer', 'timeout', 'error', 'normal'],
]);

/** A word of the carrier as a log may show it: the word if it is known, else its length. */
export function loggableWord(word: string, known: ReadonlySet<string>): string {
  return known.has(word) ? word : `other:${word.length}`;
}
