import { decodeEvent } from '@turnlog/call-events';

/** The ids of the events among some texts; texts that are not events are skipped. */
export function eventIdsOf(texts: readonly string[]): Set<string> {
  return new Set(
    texts.flatMap((text) => {
      const decoded = decodeEvent(text);
      return decoded.ok ? [decoded.event.id] : [];
    }),
  );
}
