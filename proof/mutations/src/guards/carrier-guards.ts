import { type Guard } from '../guard.ts';

/** Guards of the carrier's reports, and of requested calls. */
export const carrierGuards: readonly Guard[] = [
  {
    name: 'callback-is-durable',
    keeps: 'the carrier resends a callback that is not stored',
    file: 'services/stream-gateway/src/http/endpoints/callbacks-endpoint.ts',
    text: "if (stored.where === 'unknown') return { fate: 'unavailable', answer: unavailable() };",
    without: '',
    test: {
      file: 'services/stream-gateway/src/http/endpoints/callbacks.integration.test.ts',
      name: 'without Redis it is answered 503 and resent by the carrier, and with a spool it is answered 200 and delivered',
    },
  },
  {
    name: 'end-is-not-taken-back',
    keeps: 'a late report of a ringing call does not reopen a call that is over',
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
    keeps: 'the carrier is asked again if Redis did not accept its answer',
    file: 'services/reconciler/src/carrier/check-call.ts',
    text: 'const { isNews, answer } = await recordAnswer(log, due.call, { report, lastAnswer: due.answer });',
    without: `await this.#save(due, { state: 'settled', checks: due.checks + 1 });
    const { isNews, answer } = await recordAnswer(log, due.call, { report, lastAnswer: due.answer });`,
    test: {
      file: 'services/reconciler/src/servers-away.integration.test.ts',
      name: 'an answer that Redis does not take is asked for again, and recorded when it is back',
    },
  },
  {
    name: 'noted-before-dialled',
    keeps: 'a call that may exist is looked for, whichever process died after dialling',
    file: 'packages/cli/src/call/request-call.ts',
    text: 'await store.recordPlacement({ reference, tenant, dialled, callerId, dueInMs: LOOK_AFTER_MS });',
    without: 'void [tenant, dialled, callerId];',
    test: {
      file: 'packages/cli/src/call.integration.test.ts',
      name: 'turnlog call is not placed if Postgres does not record it first',
    },
  },
];
