import { jsonArray } from '@turnlog/call-store';
import { type Pool } from 'pg';

type Value = string | number | boolean | null;
type Row = Readonly<Record<string, Value>>;

/** An insert of many rows into one table, as SQL and as parameters. */
export interface UnnestInsert {
  readonly parameterCount: number;
  sql(firstParameter: number): string;
  parameters(rows: readonly Row[]): unknown[];
}

/**
 * Prepares inserts of rows with the columns of a sample row: one array per column, those of JSON in binary format, because
 * escaping them costs more than all the rest.
 */
export async function unnestInsert(pool: Pool, table: string, sample: Row): Promise<UnnestInsert> {
  const types = await columnTypes(pool, table);
  const columns = Object.keys(sample);
  const typeOf = (column: string): string => types.get(column) ?? 'text';
  return {
    parameterCount: columns.length,
    sql: (firstParameter) => {
      const arrays = columns.map((column, index) => `$${firstParameter + index}::${typeOf(column)}[]`);
      return `insert into ${table} (${columns.join(', ')}) select * from unnest(${arrays.join(', ')})`;
    },
    parameters: (rows) =>
      columns.map((column) => {
        const values = rows.map((row) => row[column] ?? null);
        const type = typeOf(column);
        return type === 'json' || type === 'jsonb' ? jsonArray(type, values.map(String)) : values;
      }),
  };
}

async function columnTypes(pool: Pool, table: string): Promise<Map<string, string>> {
  const { rows } = await pool.query<{ column_name: string; data_type: string }>(
    'select column_name, data_type from information_schema.columns where table_name = $1',
    [table],
  );
  return new Map(rows.map(({ column_name, data_type }) => [column_name, data_type]));
}
