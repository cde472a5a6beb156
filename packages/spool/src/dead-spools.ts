import { callId, type CallKey } from '@turnlog/call-events';
import { lockFolder } from './folder-lock.ts';
import { foldersIn, openSpoolDisk, type SpoolDisk } from './spool-disk.ts';
import { readEvents, withoutCalls, type WrittenEvent } from './spool-record.ts';

/** The outcome of an erasure from spools. */
export interface SpoolErasure {
  /** How many events were removed. */
  readonly events: number;
  /** How many spools belong to living gateways, which drop the events when Redis refuses these calls. */
  readonly living: number;
}

/** Every event in the spools under a folder, of dead and living gateways, except those written during the read. */
export async function* eventsInSpools(root: string): AsyncGenerator<WrittenEvent> {
  for (const folder of await foldersIn(root)) {
    const disk = await openSpoolDisk(folder);
    for (const number of await disk.list()) yield* readEvents(await readIfThere(disk, number));
  }
}

/** Removes the events of calls from the spools of dead gateways. Prevents a takeover in the meantime. */
export async function eraseFromSpools(root: string, calls: readonly CallKey[]): Promise<SpoolErasure> {
  if (calls.length === 0) return { events: 0, living: 0 };
  const names = new Set(calls.map(callId));
  let [events, living] = [0, 0];
  for (const folder of await foldersIn(root)) {
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

/** A living gateway removes what Redis has. */
async function readIfThere(disk: SpoolDisk, number: number): Promise<Buffer> {
  try {
    return await disk.read(number);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}
