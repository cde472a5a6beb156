import { isDeepStrictEqual } from 'node:util';
import { ExactNumber, FOLD_VERSION, parseJson, sameNumbers, type JsonValue } from '@turnlog/call-events';
import { type FoldedArchive } from '../archive/fold-archive.ts';
import { type StoredCall } from '../schema/call-store-schema.ts';
import { toRow, type CallRow } from '../write/call-row.ts';
import { JSON_COLUMNS, MOMENT_COLUMNS, PLAIN_COLUMNS, type PlainColumn } from '../write/row-columns.ts';

/** A difference between a call's row and its archive. Never contains a value of the row. */
export interface CallDifference {
  /** A column of the row, or `row` or `archive` for the thing itself. */
  readonly column: string;
  /** In words. */
  readonly problem: string;
}

/** Their differences are counted instead, or are no damage. */
const OTHERWISE_COMPARED: readonly PlainColumn[] = ['tenant', 'call_sid', 'version', 'fold_version'];
const COMPARED_COLUMNS = PLAIN_COLUMNS.filter((column) => !OTHERWISE_COMPARED.includes(column));

/** All differences between a row and the fold of its archive. */
export function compareCall(stored: StoredCall, { record, epochs }: FoldedArchive): CallDifference[] {
  const counts = [
    ...compareCount('version', stored.version, record.version, 'events'),
    ...compareCount('epoch_count', stored.epoch_count, epochs.length, 'epochs'),
  ];
  if (isOfOtherFold(stored)) return counts;
  const row = toRow(record);
  return [
    ...counts,
    ...comparePlain(stored, row),
    ...compareMoments(stored, row),
    ...compareJson(stored, row),
  ];
}

/** Whether other rules folded the row: it may differ from what these make of the archive, and is not damaged. */
export function isOfOtherFold({ fold_version }: StoredCall): boolean {
  return fold_version !== FOLD_VERSION;
}

function compareCount(column: string, stored: number, archived: number, unit: string): CallDifference[] {
  if (stored === archived) return [];
  return [{ column, problem: `the row is of ${stored} ${unit}, the archive has ${archived}` }];
}

function comparePlain(stored: StoredCall, row: CallRow): CallDifference[] {
  return COMPARED_COLUMNS.filter((column) => stored[column] !== row[column]).map(notWhatArchiveSays);
}

function compareMoments(stored: StoredCall, row: CallRow): CallDifference[] {
  const isSame = (a: Date | null, b: string | null) =>
    a === null || b === null ? a === b : a.getTime() === Date.parse(b);
  return MOMENT_COLUMNS.filter((column) => !isSame(stored[column], row[column])).map(notWhatArchiveSays);
}

/** `jsonb` keeps neither the order of keys nor the spelling of numbers, so values are compared, not texts. */
function compareJson(stored: StoredCall, row: CallRow): CallDifference[] {
  return JSON_COLUMNS.flatMap((column) => {
    const path = differenceOf(stored[column] as JsonValue, parseJson(row[column].toString()));
    if (path === undefined) return [];
    return [{ column, problem: `it differs from the archive${path === '' ? '' : `, first at ${path}`}` }];
  });
}

function notWhatArchiveSays(column: string): CallDifference {
  return { column, problem: 'it differs from the archive' };
}

function differenceOf(stored: JsonValue, folded: JsonValue): string | undefined {
  if (isDeepStrictEqual(stored, folded)) return undefined;
  return firstDifference(sameNumbers(stored), sameNumbers(folded));
}

/** The first difference of two JSON values, like `[3].text`; the empty path for the value itself. */
function firstDifference(a: unknown, b: unknown): string | undefined {
  if (isDeepStrictEqual(a, b)) return undefined;
  if (!isContainer(a) || !isContainer(b) || Array.isArray(a) !== Array.isArray(b)) return '';
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  const key = keys.find((name) => !isDeepStrictEqual(ownValue(a, name), ownValue(b, name))) ?? '';
  const step = Array.isArray(a) ? `[${key}]` : `.${key}`;
  return step + (firstDifference(ownValue(a, key), ownValue(b, key)) ?? '');
}

function isContainer(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !(value instanceof ExactNumber);
}

function ownValue(container: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(container, key) ? container[key] : undefined;
}
