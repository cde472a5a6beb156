import { appendFile, readFile } from 'node:fs/promises';
import { text as allText } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import type { Erasure } from '@turnlog/call-store';
import { z } from 'zod';
import { CommandError, reasonOf } from '../command-error.ts';
import { advisePipe } from '../program.ts';
import type { Terminal } from '../terminal.ts';

const line = z.object({
  kind: z.enum(['call', 'phone']),
  subject: z.string(),
  tenant: z.string().nullable(),
  erasedAt: z.coerce.date(),
  found: z.record(z.string(), z.number()).optional(),
});

/** A copy of the ledger that outlives the database: a file, or `-` for standard input and output. */
export interface LedgerCopy {
  readonly file: string;
  readonly terminal: Terminal;
}

/** Appends erasures, one JSON document a line. A file is readable by its owner. */
export async function appendToLedger(
  { file, terminal }: LedgerCopy,
  erasures: readonly Erasure[],
): Promise<void> {
  const text = erasures.map((erasure) => `${JSON.stringify(erasure)}\n`).join('');
  if (file === '-') return void terminal.out.write(text);
  await appendFile(file, text, { mode: 0o600 }).catch((error: unknown) => {
    const advice = advisePipe(terminal.env, '--ledger', '>> erasures.jsonl');
    throw new CommandError(`The ledger can't be written: ${reasonOf(error)}. Nothing was erased.${advice}`, {
      cause: error,
    });
  });
}

/** Reads all of it. */
export async function readLedger({ file, terminal }: LedgerCopy): Promise<Erasure[]> {
  const reading = file === '-' ? allText(Readable.from(terminal.in)) : readFile(file, 'utf8');
  const text = await reading.catch((error: unknown) => {
    const advice = advisePipe(terminal.env, '--ledger', '< erasures.jsonl');
    throw new CommandError(`The ledger can't be read: ${reasonOf(error)}.${advice}`, { cause: error });
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
