import { type Migration } from 'kysely';
import { callSessions } from './0001-call-sessions.ts';
import { callEventSegments } from './0002-call-event-segments.ts';
import { callTurns } from './0003-call-turns.ts';
import { tenants } from './0004-tenants.ts';
import { carrier } from './0005-carrier.ts';
import { privacy } from './0006-privacy.ts';
import { erasureLocks } from './0007-erasure-locks.ts';
import { carrierFacts } from './0008-carrier-facts.ts';
import { callAnalysis } from './0009-call-analysis.ts';
import { callSearch } from './0010-call-search.ts';
import { analystViews } from './0011-analyst-views.ts';

/** All steps of the schema, in order. A released step is never changed; a new one is added. */
export const allMigrations: Readonly<Record<string, Migration>> = {
  '0001-call-sessions': callSessions,
  '0002-call-event-segments': callEventSegments,
  '0003-call-turns': callTurns,
  '0004-tenants': tenants,
  '0005-carrier': carrier,
  '0006-privacy': privacy,
  '0007-erasure-locks': erasureLocks,
  '0008-carrier-facts': carrierFacts,
  '0009-call-analysis': callAnalysis,
  '0010-call-search': callSearch,
  '0011-analyst-views': analystViews,
};
