import { type RelationComments } from './relation-comments.ts';

const call = { tenant: 'The customer that the call belongs to.', call_sid: "The carrier's id of the call." };

/** What the tables beside `call_sessions` mean. */
export const otherTableComments: RelationComments = {
  call_event_segments: {
    comment:
      "The archive: the events of a call's log as they were written, in segments. Any row can be rebuilt from it.",
    columns: {
      ...call,
      epoch: 'The generation of the log that the segment is of.',
      from_seq: 'The position of its first event in the log, from 1.',
      to_seq: 'The position of its last event.',
      event_count: 'The number of its events.',
      events: 'JSON array of the events, each with its exact text.',
      created_at: 'When the segment was first written.',
    },
  },
  tenants: {
    comment: 'The customers that may stream and report. Gateways have copies.',
    columns: {
      name: 'The name of the tenant, which is in its calls.',
      revision: 'The number of changes of the row.',
      secrets: 'JSON array: hashes of the secrets. No secret is stored.',
      policy: 'JSON object: limits, redaction, retention, allowed addresses.',
      revoked_at: 'When the tenant was revoked. Null if it is active.',
      created_at: 'When the tenant was added.',
      changed_at: 'When the row was last changed.',
    },
  },
  legal_holds: {
    comment: 'Calls that neither retention nor an erasure may delete.',
    columns: { ...call, reason: 'Why the call is held.', held_at: 'Since when.' },
  },
  erasures: {
    comment: 'The erasure ledger: what was erased, by keyed hash.',
    columns: {
      kind: 'call or phone.',
      subject: 'Keyed hash of the call or the phone number.',
      tenant: 'The tenant. Null for an erasure in all of them.',
      erased_at: 'When it was erased.',
      found: 'JSON object: the number of calls that were found, by their outcome.',
    },
  },
  erased_calls: {
    comment: 'Calls that were erased and are not written any more.',
    columns: { call_hash: 'SHA-256 of tenant/call_sid.', erased_at: 'When the call was erased.' },
  },
  call_reconciliations: {
    comment: 'Calls to ask the carrier about, and the state of these questions.',
    columns: {
      ...call,
      state: 'due, settled, unknown (to the carrier) or incomplete.',
      due_at: 'When the next question is due.',
      checks: 'The number of answers since the call ended.',
      failures: 'The number of consecutive questions without an answer.',
      problem: 'Why the last question had no answer.',
      answer: 'A digest of the last answer.',
      enrolled_at: 'When the call was added to the list.',
    },
  },
  call_placements: {
    comment: 'Calls that `turnlog call` requested from the carrier.',
    columns: {
      reference: 'Unique; the carrier receives it as CustomField.',
      tenant: 'The customer for which the call was requested.',
      state: 'requested, placed, refused, may_exist, found, not_found or ambiguous.',
      dialled: 'The number that was dialled. Null once it is known what happened.',
      caller_id: 'The number that was shown. Null once it is known what happened.',
      call_sid: "The carrier's id of the call. Null while no call is known.",
      problem: 'Why the call was refused or not found.',
      requested_at: 'When the call was requested.',
      due_at: 'When to look for the call next.',
      checks: 'How often it was looked for.',
    },
  },
  carrier_request_budgets: {
    comment: 'The token bucket of each account of the carrier, shared by all reconcilers.',
    columns: {
      account: 'The account.',
      requests: 'How many requests may be made at once.',
      refilled_at: 'When that number was right.',
      blocked_until: 'No request before this time, because the carrier refused one.',
    },
  },
  kysely_migration: {
    comment: 'The steps of the schema that were applied.',
    columns: { name: 'The step.', timestamp: 'When it was applied.' },
  },
  kysely_migration_lock: {
    comment: 'The lock that serializes migrations.',
    columns: { id: 'The name of the lock.', is_locked: 'Unused on Postgres.' },
  },
};
