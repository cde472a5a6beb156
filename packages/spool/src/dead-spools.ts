import { callId, type CallKey } from '@turnlog/call-events';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { lockFolder } from './folder-lock.ts';
import { openSpoolDisk, type SpoolDisk } from './spool-disk.ts';
import { readEvents, withoutCalls, type WrittenEvent } from './spool-record.ts';

/** The outcome of an erasure from spools. */
export interface SpoolErasure {
  /** How many events were removed. */
  readonly events: number;
  /**
   * How many spools belong to living gateways: Redis refuses them these calls, and they drop the events
   * themselves.
   */
  readonly living: number;
}

/**
 * Every event in the spools under a folder, of dead and living gateways; events that are written during the
 * read may be missing.
 */
export async function* eventsInSpools(root: string): AsyncGenerator<WrittenEvent> {
  for (const folder of await spoolsIn(root)) {
    const disk = await openSpoolDisk(folder);
    for (const number of await disk.list()) yield* readEvents(await readIfThere(disk, number));
  }
}

/** Removes the events of calls from the spools of dead gateways. Prevents a takeover in the meantime. */
export async function eraseFromSpools(root: string, calls: readonly CallKey[]): Promise<SpoolErasure> {
  if (calls.length === 0) return { events: 0, living: 0 };
  const names = new Set(calls.map(callId));
  let [events, living] = [0, 0];
  for (const folder of await spoolsIn(root)) {
    const taken = await lockFolder(folder, 'leftovers');
    if (!taken.ok) {
      living += 1;
      continue;
    }
    try {
      events += await eraseFrom(await openSpoolDisk(folder), (call) => names.has(callId(call)));
    } finally {
      await taken.lock.release();
    }
  }
  return { events, living };
}

async function eraseFrom(disk: SpoolDisk, isErased: (call: CallKey) => boolean): Promise<number> {
  let erased = 0;
  for (const number of await disk.list()) {
    const bytes = await disk.read(number);
    const { kept, events } = withoutCalls(bytes, isErased);
    erased += events;
    if (kept.length === 0) await disk.remove(number);
    else if (kept.length < bytes.length) await disk.replace(number, kept);
  }
  return erased;
}

async function spoolsIn(root: string): Promise<string[]> {
  const entries = await readdir(root, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => path.join(root, name));
}

/** A living gateway removes what Redis has. */
async function readIfThere(disk: SpoolDisk, number: number): Promise<Buffer> {
  try {
    return await disk.read(number);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}
