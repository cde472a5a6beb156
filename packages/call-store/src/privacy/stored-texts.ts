import { type CallKey } from '@turnlog/call-events';
import { sql, type Kysely } from 'kysely';
import { type CallStoreSchema } from '../schema/call-store-schema.ts';

/** A row or an archive segment, as a search for a person reads it. */
export interface StoredText extends CallKey {
  readonly place: 'row' | 'archive';
  readonly beganAt: Date;
  /** Every column of the row, or the events. */
  readonly value: unknown;
}

/** What to search. */
export interface TextFilter {
  /** Of one tenant only. */
  readonly tenant?: string | undefined;
  /** A regular expression of Postgres: only matching texts are returned. */
  readonly pattern?: string | undefined;
}

/** This many texts are read at a time: a statement takes seconds, and few texts are in memory. */
const PAGE = 1_000;
const SEARCHES_AT_ONCE = 3;

interface Source {
  readonly place: StoredText['place'];
  readonly table: string;
  readonly key: readonly string[];
  readonly text: string;
  readonly value: string;
  readonly beganAt: string;
}

const SOURCES: readonly Source[] = [
  {
    place: 'row',
    table: 'call_sessions',
    key: ['tenant', 'call_sid'],
    text: 'source::text',
    value: 'to_jsonb(source)',
    beganAt: 'coalesce(initiated_at, created_at)',
  },
  {
    place: 'archive',
    table: 'call_event_segments',
    key: ['tenant', 'call_sid', 'epoch', 'from_seq'],
    text: 'events::text',
    value: 'events',
    beganAt: 'created_at',
  },
];

/** All texts of calls in Postgres, or those that match the pattern, page by page. */
export async function* storedTexts(
  db: Kysely<CallStoreSchema>,
  filter: TextFilter = {},
): AsyncGenerator<StoredText> {
  for (const source of SOURCES) {
    const search = (page: Page) => matchingKeys(db, source, filter, page);
    for await (const keys of searchedAhead(pagesOf(db, source, filter), search)) {
      for (const key of keys) {
        const text = await readText(db, source, key);
        if (text !== undefined) yield text;
      }
    }
  }
}

/** A range of a table, from after one key to another. */
interface Page {
  readonly after: Key | undefined;
  readonly last: Key;
}

async function* pagesOf(
  db: Kysely<CallStoreSchema>,
  source: Source,
  filter: TextFilter,
): AsyncGenerator<Page> {
  let after: Key | undefined;
  for (;;) {
    const last = await lastOfPage(db, source, filter, after);
    if (last === undefined) return;
    yield { after, last };
    after = last;
  }
}

/** The results of each page, in the order of the pages; a few searches run at the same time. */
async function* searchedAhead<T>(
  pages: AsyncIterable<Page>,
  search: (page: Page) => Promise<T>,
): AsyncGenerator<T> {
  const underWay: Promise<T>[] = [];
  for await (const page of pages) {
    const found = search(page);
    // A failure is thrown in its order.
    found.catch(() => undefined);
    underWay.push(found);
    if (underWay.length >= SEARCHES_AT_ONCE) yield (await underWay.shift()) as T;
  }
  for (const found of underWay) yield await found;
}

/** The values of the key columns of a table. */
type Key = readonly (string | number)[];

async function lastOfPage(
  db: Kysely<CallStoreSchema>,
  source: Source,
  filter: TextFilter,
  after: Key | undefined,
): Promise<Key | undefined> {
  const { table } = source;
  const columns = columnsOf(source);
  const { rows } = await sql<Record<string, string | number>>`
    select * from (
      select ${columns} from ${sql.table(table)} as source
      where ${isOf(filter)} and ${isAfter(source, after)}
      order by ${columns} limit ${sql.lit(PAGE)}
    ) as page order by ${sql.join(source.key.map((column) => sql`${sql.ref(column)} desc`))} limit 1`.execute(
    db,
  );
  return rows[0] && toKey(source, rows[0]);
}

async function matchingKeys(
  db: Kysely<CallStoreSchema>,
  source: Source,
  filter: TextFilter,
  { after, last }: Page,
): Promise<Key[]> {
  // In this collation the same pattern takes half of the time.
  const text = sql`(${sql.raw(source.text)}) collate "C"`;
  const matches = filter.pattern === undefined ? sql`` : sql`and ${text} ~ ${filter.pattern}`;
  const { rows } = await sql<Record<string, string | number>>`
    select ${columnsOf(source)} from ${sql.table(source.table)} as source
    where ${isOf(filter)} and ${isAfter(source, after)}
      and (${columnsOf(source)}) <= (${sql.join(last)}) ${matches}`.execute(db);
  return rows.map((row) => toKey(source, row));
}

/** `undefined` if it was deleted in the meantime. */
async function readText(
  db: Kysely<CallStoreSchema>,
  source: Source,
  key: Key,
): Promise<StoredText | undefined> {
  const { rows } = await sql<StoredText>`
    select tenant, call_sid as "callSid", ${sql.raw(source.beganAt)} as "beganAt",
      ${sql.raw(source.value)} as value, ${source.place}::text as place
    from ${sql.table(source.table)} as source
    where (${columnsOf(source)}) = (${sql.join(key)})`.execute(db);
  return rows[0];
}

function columnsOf({ key }: Source) {
  return sql.join(key.map((column) => sql.ref(column)));
}

function isOf({ tenant }: TextFilter) {
  return tenant === undefined ? sql`true` : sql`tenant = ${tenant}`;
}

function isAfter(source: Source, after: Key | undefined) {
  return after === undefined ? sql`true` : sql`(${columnsOf(source)}) > (${sql.join(after)})`;
}

function toKey({ key }: Source, row: Readonly<Record<string, string | number>>): Key {
  return key.map((column) => row[column] ?? '');
}
