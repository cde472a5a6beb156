import { type Guard } from '../guard.ts';

/** Guards that keep a gateway running, and its spool when it does not. */
export const gatewayGuards: readonly Guard[] = [
  {
    name: 'gateway-waits-for-redis',
    keeps: 'a gateway that starts while Redis is unavailable does not end',
    file: 'services/stream-gateway/src/service.ts',
    text: 'await untilRedisUsable(stores.redis, signal);',
    without: 'await untilRedisUsable(redis, AbortSignal.timeout(1));',
    test: {
      file: 'services/stream-gateway/src/resilience.integration.test.ts',
      name: 'a gateway that starts while Redis is unavailable waits for it',
    },
  },
  {
    name: 'steady-call-clock',
    keeps: 'the turns of a call keep their order when the clock of the host is set during the call',
    file: 'services/stream-gateway/src/exotel/call-connection.ts',
    text: 'this.#now = steadyClock(needs.now);',
    without: 'this.#now = needs.now;',
    test: {
      file: 'services/stream-gateway/src/resilience.integration.test.ts',
      name: 'after the clock of the host is set back during a call, later events are still later',
    },
  },
  {
    name: 'kept-after-a-refusal',
    keeps: 'an acknowledged report is kept, even if its sender repeats it to a call that is full by then',
    file: 'packages/delivery/src/by-id/retained-reports.ts',
    text: "if (result.status !== 'refused' && event.rememberId && result.seq !== undefined)",
    without:
      "if (result.status === 'refused') this.#forget(identityOf(event.event)); else if (event.rememberId && result.seq !== undefined)",
    test: {
      file: 'packages/delivery/src/by-id/report-producer.test.ts',
      name: 'a report that was acknowledged outlives a Redis that lost it, and refuses it when its sender repeats it',
    },
  },
  {
    name: 'inherited-spools',
    keeps: 'another gateway sends the events of a gateway that never returns',
    file: 'packages/delivery/src/replay/take-over-spools.ts',
    text: 'await spool.takeOver()',
    without: '[] as Leftover[]',
    test: {
      file: 'services/stream-gateway/src/spool-replay.integration.test.ts',
      name: 'a running gateway replays the spool of a gateway that never comes back',
    },
  },
  {
    name: 'temporary-name-of-a-lock',
    keeps: 'gateways in containers, which all have the same pid, do not conflict over a spool',
    file: 'packages/process-lock/src/lock-file.ts',
    text: 'const temporary = `${file}.${randomUUID()}`;',
    without: 'const temporary = `${file}.${process.pid}`;',
    test: {
      file: 'packages/spool/src/spool.test.ts',
      name: 'of several processes that want a folder at once one gets it, even if all have the same pid',
    },
  },
  {
    name: 'right-to-remove-a-lock',
    keeps: "of two processes that find a dead owner's lock, neither removes the other's new one",
    file: 'packages/process-lock/src/lock-file.ts',
    text: 'if (!taken.ok) return taken.held;',
    without: '',
    test: {
      file: 'packages/process-lock/src/lock-file.test.ts',
      name: 'the lock of a dead owner is removed by one process, and left alone by others in the meantime',
    },
  },
  {
    name: 'reports-are-looked-for',
    keeps: 'events from HTTP are resent to a Redis that lost them',
    file: 'packages/delivery/src/by-id/retained-reports.ts',
    text: 'if (report.epoch !== epoch || report.seq > lastSeq) this.#missing.add(report);',
    without: "if (report.epoch === '') this.#missing.add(report);",
    test: {
      file: 'services/stream-gateway/src/resilience.integration.test.ts',
      name: 'a Redis that lost its newest writes receives the reports of a call without a connection again, each once',
    },
  },
  {
    name: 'unplaced-events-are-looked-for',
    keeps: 'an event that Redis lost is resent even if its answer, as a duplicate, had no seq',
    file: 'packages/delivery/src/by-sequence/event-producer.ts',
    text: 'if (isLost || this.#window.isNewestUnplaced) this.#probe();',
    without: 'if (isLost) this.#probe();',
    test: {
      file: 'packages/delivery/src/by-sequence/event-producer.test.ts',
      name: 'a lost event is sent again although its seq was never known',
    },
  },
];
