import { type Guard } from '../guard.ts';

const LIMITS = 'services/stream-gateway/src/limits.integration.test.ts';

/** Limits on the calls of a socket, and rules for where a request comes from. */
export const limitGuards: readonly Guard[] = [
  {
    name: 'calls-of-a-socket',
    keeps: 'one socket does not start calls without end, beyond every limit on sockets',
    file: 'services/stream-gateway/src/exotel/calls-of-socket.ts',
    text: 'this.#calls <= this.#maxCalls',
    without: 'this.#calls > 0',
    test: { file: LIMITS, name: 'MAX_CALLS_PER_SOCKET calls may follow each other on a socket' },
  },
  {
    name: 'rate-of-calls-of-a-socket',
    keeps: 'one socket does not start calls as fast as it can send',
    file: 'services/stream-gateway/src/exotel/calls-of-socket.ts',
    text: ' && this.#rate.take(nowMs)',
    without: '',
    test: {
      file: LIMITS,
      name: 'calls that follow each other on one socket are bounded by their number, their rate and the agents of earlier ones',
    },
  },
  {
    name: 'only-this-machine',
    keeps: 'without a tenant a gateway serves no other machine, wherever it listens',
    file: 'services/stream-gateway/src/auth/gatekeeper.ts',
    text: "if (!directory.isEmpty || isLoopback(address ?? '')) return undefined;",
    without: "if (!directory.isEmpty || isLoopback(address ?? '') || this.isOpen) return undefined;",
    test: {
      file: 'services/stream-gateway/src/auth/gatekeeper.test.ts',
      name: 'without a tenant only this machine is served: the peer 10.0.0.7',
    },
  },
  {
    name: 'no-proxy-of-itself',
    keeps: 'a client on the address of the load balancer cannot choose its own address',
    file: 'services/stream-gateway/src/auth/client-address.ts',
    text: ' || seen.has(address)',
    without: '',
    test: {
      file: 'services/stream-gateway/src/auth/client-address.test.ts',
      name: 'a client on the address of its proxy can not choose its own address',
    },
  },
  {
    name: 'offered-upgrade',
    keeps: 'a client that offers HTTP/2 gets its answer over HTTP/1.1',
    file: 'services/stream-gateway/src/http/server/gateway-server.ts',
    text: 'if (asksForWebSocket(request)) upgrades',
    without: 'if (request.headers.upgrade !== undefined) upgrades',
    test: {
      file: 'services/stream-gateway/src/offered-upgrade.integration.test.ts',
      name: 'its body may come later, in pieces, or in chunks',
    },
  },
  {
    name: 'too-fast-is-sent-again',
    keeps: 'a report that comes too fast is resent, and not given up',
    file: 'packages/agent-client/src/messages.ts',
    text: "'too_fast', ",
    without: '',
    test: {
      file: 'packages/agent-client/src/call-reporter.integration.test.ts',
      name: 'what a gateway refuses for its speed is waited out and sent again, on a socket and over HTTP, in order',
    },
  },
  {
    name: 'refused-for-a-second',
    keeps: 'a later message does not overtake one that was refused for its speed',
    file: 'services/stream-gateway/src/domain/event-rate.ts',
    text: 'this.#refusesUntilMs = nowMs + REFUSED_FOR_MS;',
    without: '',
    test: {
      file: 'services/stream-gateway/src/domain/event-rate.test.ts',
      name: 'messages behind a refused one do not overtake it: all are refused for a second',
    },
  },
];
