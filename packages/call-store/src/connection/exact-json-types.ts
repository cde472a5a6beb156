import { parseJson } from '@turnlog/call-events';
import pg from 'pg';

type TypeId = Parameters<typeof pg.types.getTypeParser>[0];

const JSON_TYPES: readonly TypeId[] = [pg.types.builtins.JSON, pg.types.builtins.JSONB];

/**
 * How values are parsed: JSON with all digits of its numbers, which the driver would round; other types as
 * the driver does.
 */
export const EXACT_JSON: pg.CustomTypesConfig = {
  getTypeParser: (oid: TypeId, format?: 'text' | 'binary') => {
    const isJsonText = JSON_TYPES.includes(oid) && format !== 'binary';
    return isJsonText ? parseJson : (pg.types.getTypeParser(oid, format) as (text: string) => unknown);
  },
};
