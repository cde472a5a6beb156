import { appendFile, readFile } from 'node:fs/promises';
import type { Erasure } from '@turnlog/call-store';
import { z } from 'zod';
import { CommandError, reasonOf } from '../command-error.ts';

const line = z.object({
  kind: z.enum(['call', 'phone']),
  subject: z.string(),
  tenant: z.string().nullable(),
  erasedAt: z.coerce.date(),
  found: z.record(z.string(), z.number()).optional(),
});

/**
 * Appends erasures to the copy of the ledger that outlives the database: one JSON document a line, readable
 * by its owner.
 */
export async function appendToLedger(file: string, erasures: readonly Erasure[]): Promise<void> {
  const text = erasures.map((erasure) => `${JSON.stringify(erasure)}\n`).join('');
  await appendFile(file, text, { mode: 0o600 }).catch((error: unknown) => {
    throw new CommandError(`The ledger can't be written: ${reasonOf(error)}. Nothing was erased.`, {
      cause: error,
    });
  });
}

/** Reads the copy of the ledger. */
export async function readLedger(file: string): Promise<Erasure[]> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new CommandError(`The ledger can't be read: ${reasonOf(error)}.`, { cause: error });
  });
  return text
    .split('\n')
    .filter((each) => each !== '')
    .map((each, index) => parseLine(each, index + 1));
}

function parseLine(text: string, number: number): Erasure {
  try {
    return line.parse(JSON.parse(text));
  } catch (error) {
    throw new CommandError(`Line ${number} of the ledger is not an erasure.`, { cause: error });
  }
}
