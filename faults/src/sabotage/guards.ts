/** A line of the real code that a promise stands on, and the test that must go red without it. */
export interface Guard {
  readonly name: string;
  /** What can go wrong without it. */
  readonly keeps: string;
  /** In which file, by the path from the root of the tree. */
  readonly file: string;
  /** The text that is the guard: it must be there once, to the letter. */
  readonly text: string;
  /** What stands in its place when it is taken away. */
  readonly without: string;
  readonly test: NamedTest;
}

/** A test, by its file and its full name: titles of its `describe`s and its own, with a space between. */
export interface NamedTest {
  readonly file: string;
  readonly name: string;
}

/** All guards that are taken away in turn. */
export const guards: readonly Guard[] = [
  {
    name: 'version-guard',
    keeps: 'a row is never lowered by an older fold that comes late',
    file: 'packages/call-store/src/write/write-calls.ts',
    text: 'and excluded.version > call_sessions.version`',
    without: '`',
    test: {
      file: 'packages/call-store/src/write/write-calls.integration.test.ts',
      name: 'a batch of calls raises a row and never lowers it',
    },
  },
  {
    name: 'compare-and-set',
    keeps: 'a live state is never replaced by an older one that is saved late',
    file: 'packages/call-log/src/state/session-script.ts',
    text: 'if savedSeq >= seq then',
    without: 'if false then',
    test: {
      file: 'services/session/src/fold-activity.integration.test.ts',
      name: 'a fold of the activity feed leaves a later state alone when its own save comes late',
    },
  },
  {
    name: 'compare-and-set-of-turns',
    keeps: 'two workers that save one call neither double a turn nor skip one',
    file: 'packages/call-log/src/state/session-script.ts',
    text: "if length ~= base then return {'conflict', length} end",
    without: '',
    test: {
      file: 'services/session/src/fold-activity.integration.test.ts',
      name: 'a fold of the activity feed adds the turns that are missing when another worker has got further',
    },
  },
  {
    name: 'gap-answer',
    keeps: 'a gateway learns that Redis lost events of it, and sends them again',
    file: 'packages/call-log/src/append/append-script.ts',
    text: "if source ~= '' and sourceSeq > lastOfSource + 1 then return {'gap', lastOfSource + 1} end",
    without: '',
    test: {
      file: 'services/stream-gateway/src/resilience.integration.test.ts',
      name: 'a Redis that lost its newest writes gets them again with the next event',
    },
  },
  {
    name: 'duplicate-answer',
    keeps: 'what a gateway sends again for want of an answer is not in the log twice',
    file: 'packages/call-log/src/append/append-script.ts',
    text: "elseif source ~= '' and sourceSeq <= lastOfSource then",
    without: 'elseif false then',
    test: {
      file: 'packages/call-log/src/append/appender.integration.test.ts',
      name: 'an ordered source may send again what it had no answer to',
    },
  },
  {
    name: 'epoch-per-run',
    keeps: 'seqs of events that a Redis lost are not taken for those of others in the archive',
    file: 'packages/call-log/src/append/append-script.ts',
    text: 'local isOfThisRun = epoch and string.sub(epoch, -#run) == run',
    without: 'local isOfThisRun = epoch',
    test: {
      file: 'packages/call-log/src/append/server-restart.integration.test.ts',
      name: 'a log that lost its newest events is another life: their seqs name other events now',
    },
  },
  {
    name: 'own-pending-read',
    keeps: 'a worker that was killed finds after its restart what it was given before',
    file: 'packages/call-log/src/feed/feed-consumer.ts',
    text: 'await reader.ensureGroups();\n  await takeAll(reader.ownPending());',
    without: 'await reader.ensureGroups();',
    test: {
      file: 'services/persister/src/redelivery.integration.test.ts',
      name: 'a restarted consumer begins with what it was given before',
    },
  },
  {
    name: 'own-pending-read-after-a-late-answer',
    keeps: 'entries in an answer that came after its deadline are not left pending',
    file: 'packages/call-log/src/feed/feed-consumer.ts',
    text: 'const isLate = now() - readAt > blockMs + LATE_ANSWER_MS;',
    without: 'const isLate = readAt > Infinity;',
    test: {
      file: 'packages/call-log/src/feed/feed-consumer.integration.test.ts',
      name: 'reads again what came with an answer that it had given up',
    },
  },
  {
    name: 'reclaim',
    keeps: 'what a dead worker was given is done by a living one',
    file: 'packages/call-log/src/feed/feed-consumer.ts',
    text: 'await takeAll(reader.reclaimed());',
    without: '',
    test: {
      file: 'services/persister/src/redelivery.integration.test.ts',
      name: 'what a dead consumer was given is claimed by a living one',
    },
  },
  {
    name: 'sweep',
    keeps: 'the calls of a gateway that died end and get their rows',
    file: 'services/session/src/sweep.ts',
    text: 'const given = hasAnsweredLong ? await giveUpUnseen(partition) : NOTHING;',
    without: 'const given = NOTHING;',
    test: {
      file: 'services/session/src/start-session.integration.test.ts',
      name: 'a call whose gateway is gone is ended, and its live state shows it',
    },
  },
  {
    name: 'expiry-after-the-last-event',
    keeps: 'no key of a call begins to expire while events of it are not in Postgres',
    file: 'packages/call-log/src/settle.ts',
    text: 'and persisted >= tonumber(known[2])',
    without: '',
    test: {
      file: 'packages/call-log/src/settle.integration.test.ts',
      name: 'a call with events that are not in Postgres yet stays',
    },
  },
  {
    name: 'expiry-after-commit',
    keeps: 'nothing is acknowledged, and no key begins to expire, before the commit',
    file: 'services/persister/src/persist-calls.ts',
    text: 'const attempts = await report.timed(folded.length, () => write(folded.filter(hasEvents)));',
    without: `await settle(folded.map(toSettled));
    const attempts = await report.timed(folded.length, () => write(folded.filter(hasEvents)));`,
    test: {
      file: 'services/persister/src/persister.integration.test.ts',
      name: 'the keys of a call begin to expire only after the commit',
    },
  },
  {
    name: 'erased-call-in-postgres',
    keeps: 'a persister that had read a call before it was erased does not bring it back',
    file: 'packages/call-store/src/schema/migrations/0006-privacy.ts',
    text: 'return null;',
    without: 'return new;',
    test: {
      file: 'packages/call-store/src/privacy/privacy.integration.test.ts',
      name: 'an erased call is not written again, whoever still has it',
    },
  },
  {
    name: 'erasure-waits-for-writers',
    keeps: 'a write that began before an erasure does not outlive it',
    file: 'packages/call-store/src/privacy/erase-call.ts',
    text: 'await sql`lock table call_sessions in share mode`.execute(transaction);',
    without: '',
    test: {
      file: 'packages/call-store/src/privacy/privacy.integration.test.ts',
      name: 'an erased call is not left behind by a write that began before',
    },
  },
  {
    name: 'erased-call-in-redis',
    keeps: 'late events of an erased call are refused',
    file: 'packages/call-log/src/append/append-script.ts',
    text: 'if known[6] then',
    without: 'if false then',
    test: {
      file: 'packages/call-log/src/erase/call-eraser.integration.test.ts',
      name: 'what is appended to it later, in whatever way, is refused and leaves no trace',
    },
  },
  {
    name: 'legal-hold',
    keeps: 'a call under a legal hold is not erased',
    file: 'packages/call-store/src/privacy/erase-call.ts',
    text: "if (await isHeld(db, call)) return { outcome: 'held' };",
    without: '',
    test: {
      file: 'packages/call-store/src/privacy/privacy.integration.test.ts',
      name: 'an erased call stays while it is held',
    },
  },
  {
    name: 'redaction',
    keeps: 'nothing that a tenant does not want to be stored is stored',
    file: 'services/stream-gateway/src/domain/read-agent-message.ts',
    text: 'draft: redactDraft(kept, redaction),',
    without: 'draft: kept,',
    test: {
      file: 'services/stream-gateway/src/redaction.integration.test.ts',
      name: 'what an agent reports on its socket and over HTTP is redacted before it is stored',
    },
  },
  {
    name: 'allowed-fields',
    keeps: 'a field that nobody has allowed does not get into a log',
    file: 'packages/service-kit/src/log/scrub-fields.ts',
    text: 'if (kind === undefined) return REMOVED;',
    without: 'if (kind === undefined) return value;',
    test: {
      file: 'packages/service-kit/src/log/logger.test.ts',
      name: 'createLogger shows no field that is not allowed, whatever it holds',
    },
  },
  {
    name: 'callback-is-durable',
    keeps: 'the carrier sends a callback again that is nowhere yet',
    file: 'services/stream-gateway/src/webhooks/callbacks-endpoint.ts',
    text: "if (stored.where === 'unknown') return { fate: 'unavailable', answer: unavailable() };",
    without: '',
    test: {
      file: 'services/stream-gateway/src/webhooks/callbacks.integration.test.ts',
      name: 'without Redis it is 503 and the carrier sends it again; with a spool it is 200 and gets there',
    },
  },
  {
    name: 'end-is-not-taken-back',
    keeps: 'a late report of a call that rings does not open a call that is over',
    file: 'packages/call-events/src/fold/fold-carrier-report.ts',
    text: 'if (isCurrentTerminal !== isTerminal(candidate.value)) return isCurrentTerminal ? current : candidate;',
    without: '',
    test: {
      file: 'packages/call-events/src/fold/fold-carrier-report.test.ts',
      name: 'what the carrier answered when it was asked does not take an end back that was reported',
    },
  },
  {
    name: 'answer-before-list',
    keeps: 'an answer of the carrier that Redis did not take is asked for again',
    file: 'services/reconciler/src/check-call.ts',
    text: 'const { isNews, answer } = await record(due.call, report, due.answer);',
    without: `await save(due, { state: 'settled', checks: due.checks + 1 });
    const { isNews, answer } = await record(due.call, report, due.answer);`,
    test: {
      file: 'services/reconciler/src/servers-away.integration.test.ts',
      name: 'an answer that Redis does not take is asked for again, and recorded when it is back',
    },
  },
  {
    name: 'noted-before-dialled',
    keeps: 'a call that may exist is looked for, whoever died after dialling',
    file: 'packages/cli/src/call/place-call.ts',
    text: 'await store.recordPlacement({ reference, tenant, dialled, callerId, dueInMs: LOOK_AFTER_MS });',
    without: 'void [tenant, dialled, callerId];',
    test: {
      file: 'packages/cli/src/call.integration.test.ts',
      name: 'turnlog call is not placed when Postgres does not note it first',
    },
  },
  {
    name: 'erasure-from-dead-spools',
    keeps: 'what a dead gateway left on its disk of an erased person goes as well',
    file: 'packages/cli/src/privacy/erase-calls.ts',
    text: 'await eraseFromSpools(spoolDir, outcomes.erased)',
    without: 'null',
    test: {
      file: 'packages/cli/src/privacy.integration.test.ts',
      name: 'a person goes from what a dead gateway left on its disk, and comes back from there never again',
    },
  },
  {
    name: 'inherited-spools',
    keeps: 'what a gateway leaves that never comes back is sent by one that lives',
    file: 'services/stream-gateway/src/spool/inherit-spools.ts',
    text: 'await spool.takeOver()',
    without: '[] as Leftover[]',
    test: {
      file: 'services/stream-gateway/src/spool-replay.integration.test.ts',
      name: 'a gateway that dies and never comes back: one that was there all along replays its spool',
    },
  },
  {
    name: 'words-of-the-other-side',
    keeps: 'what the other side calls an event or a reason is in a log only where it is a known word',
    file: 'services/stream-gateway/src/domain/loggable-word.ts',
    text: 'known.has(word) ? word : `other:${word.length}`',
    without: 'word',
    test: {
      file: 'services/stream-gateway/src/recording.integration.test.ts',
      name: 'one word of the other side is recorded, and in no log unless it is a known one',
    },
  },
  {
    name: 'capped-pause',
    keeps: 'persisting goes on within seconds of Postgres, however long it was away',
    file: 'services/persister/src/persister.ts',
    text: 'const PAUSE = { minMs: 100, maxMs: 5_000 };',
    without: 'const PAUSE = { minMs: 100, maxMs: 600_000 };',
    test: {
      file: 'services/persister/src/postgres-away.integration.test.ts',
      name: 'the pause before another attempt grows to five seconds and no further, however long Postgres is away',
    },
  },
  {
    name: 'following-redis',
    keeps: 'a client that hears of another primary while it looks for one does not end for good',
    file: 'packages/call-log/src/redis/following-redis.ts',
    text: 'if (!this.#isClosed) this.connect().catch(() => undefined);',
    without: '',
    test: {
      file: 'packages/call-log/src/redis/sentinel.integration.test.ts',
      name: 'a client that hears of another primary while it looks for one goes on looking',
    },
  },
  {
    name: 'monotonic-clock-of-consumers',
    keeps: 'a consumer goes on claiming the entries of the dead when the clock of its host is set back',
    file: 'packages/call-log/src/feed/feed-consumer.ts',
    text: 'const { now = () => monotonicClock.now() } = handling;',
    without: 'const { now = () => Date.now() } = handling;',
    test: {
      file: 'packages/call-log/src/feed/feed-consumer.integration.test.ts',
      name: 'takes over what a dead worker has left, although the clock of its own host is set back',
    },
  },
  {
    name: 'steady-call-clock',
    keeps: 'the turns of a call stay in their order when the clock of the host is set in mid-call',
    file: 'services/stream-gateway/src/exotel/call-session.ts',
    text: 'this.#context = { ...context, now: steadyClock(context.now) };',
    without: 'this.#context = context;',
    test: {
      file: 'services/stream-gateway/src/resilience.integration.test.ts',
      name: 'the clock of the host is set back an hour in mid-call: what came later is later',
    },
  },
  {
    name: 'gateway-waits-for-redis',
    keeps: 'a gateway that starts while Redis is away does not end',
    file: 'services/stream-gateway/src/gateway.ts',
    text: 'await retryForever(() => untilReady(stores.link.redis, signal), { backoff: CONNECT_BACKOFF, signal });',
    without: 'await untilReady(stores.link.redis, signal);',
    test: {
      file: 'services/stream-gateway/src/resilience.integration.test.ts',
      name: 'a gateway that starts while Redis is away waits for it',
    },
  },
  {
    name: 'constant-time-comparison',
    keeps: 'how much of a secret is right can not be told from how long it takes to refuse it',
    file: 'packages/tenants/src/secrets/matches-secret.ts',
    text: "const isEqual = timingSafeEqual(Buffer.from(hashSecret(text), 'hex'), expected);",
    without: "const isEqual = Buffer.from(hashSecret(text), 'hex').equals(expected);",
    test: {
      file: 'packages/tenants/src/secrets/constant-time.test.ts',
      name: 'whoever is asked for, one text is hashed and all of the hash is compared',
    },
  },
  {
    name: 'equal-work-for-nobody',
    keeps: 'whether the id of a secret is known can not be told from how long it takes to refuse it',
    file: 'packages/tenants/src/tenant-directory.ts',
    text: 'const isRight = matchesSecret(text, found?.secret);',
    without: `if (found === undefined) return undefined;
    const isRight = matchesSecret(text, found.secret);`,
    test: {
      file: 'packages/tenants/src/secrets/constant-time.test.ts',
      name: 'how long it takes to refuse a secret does not tell whether its id is known or how much of it is right',
    },
  },
  {
    name: 'read-only-reply-of-a-group',
    keeps: 'a persister leaves a primary that has become a replica',
    file: 'packages/call-log/src/redis/grouped-script.ts',
    text: "if string.sub(message, 1, 8) == 'READONLY' then return redis.error_reply(message) end",
    without: '',
    test: {
      file: 'packages/call-log/src/settle.integration.test.ts',
      name: 'a client that settles on a server which takes no writes any more connects anew',
    },
  },
  {
    name: 'temporary-name-of-a-lock',
    keeps: 'gateways in containers, which all have the same pid, do not trip over each other at a spool',
    file: 'packages/spool/src/folder-lock.ts',
    text: 'const temporary = `${file}.${randomUUID()}`;',
    without: 'const temporary = `${file}.${process.pid}`;',
    test: {
      file: 'packages/spool/src/spool.test.ts',
      name: 'of several who want a folder at once one gets it, also where all have the same pid',
    },
  },
];
