import { type Stream } from './redis-state.ts';

/** XADD: returns the id. */
export function addToStream(stream: Stream, nowMs: number, fields: Readonly<Record<string, string>>): string {
  const ms = Math.max(Math.floor(nowMs), stream.lastMs);
  stream.lastInMs = ms === stream.lastMs ? stream.lastInMs + 1 : 0;
  stream.lastMs = ms;
  stream.added += 1;
  const id = `${ms}-${stream.lastInMs}`;
  stream.entries.set(id, { order: stream.added, fields });
  return id;
}

/** XACK and XDEL in one. */
export function acknowledge(stream: Stream, ids: readonly string[]): void {
  for (const id of ids) {
    stream.group?.pending.delete(id);
    stream.entries.delete(id);
  }
}
