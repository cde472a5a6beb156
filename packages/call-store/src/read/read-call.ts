import { type CallKey } from '@turnlog/call-events';
import { type Kysely } from 'kysely';
import { CallStoreError } from '../errors.ts';
import { type CallStoreSchema, type StoredCall } from '../schema/call-store-schema.ts';

/**
 * The row of a call, by its key or by its call sid alone. Throws a {@link CallStoreError} `ambiguous_call` if
 * several tenants have a call of that sid.
 */
export async function readCall(
  db: Kysely<CallStoreSchema>,
  call: CallKey | string,
): Promise<StoredCall | undefined> {
  const callSid = typeof call === 'string' ? call : call.callSid;
  let query = db.selectFrom('call_sessions').selectAll().where('call_sid', '=', callSid);
  if (typeof call !== 'string') query = query.where('tenant', '=', call.tenant);
  const rows = await query.orderBy('tenant').limit(10).execute();
  if (rows.length <= 1) return rows[0];
  const tenants = rows.map(({ tenant }) => tenant).join(', ');
  const message = `Several tenants have a call of this sid: ${tenants}. Name one.`;
  throw new CallStoreError('ambiguous_call', message);
}
