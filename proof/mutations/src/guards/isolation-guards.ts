import { type Guard } from '../guard.ts';

const TEST = 'services/stream-gateway/src/isolation.integration.test.ts';
const ONE_CALL = 'a fault ends its call, with the reason in the record and in the log, and no other call:';
const AFTER_THE_END = 'a fault after the end of a call affects only its agent:';
const SHARED = 'a fault in a task that calls share is logged, and the calls go on:';

const SOCKET = 'services/stream-gateway/src/exotel/stream-socket.ts';
const RELAY = 'services/stream-gateway/src/agent/agent-relay.ts';
const CHANNEL = 'services/stream-gateway/src/agent/agent-channel.ts';
const REPORTS = 'services/stream-gateway/src/agent/agent-reports.ts';

/** The guard of one entry into the code of a call, and the case in which the code behind it throws. */
function entryGuard(
  entry: string,
  { file, text, without, of = ONE_CALL }: Pick<Guard, 'file' | 'text' | 'without'> & { readonly of?: string },
): Guard {
  return {
    name: `guarded-${entry.replace('.', '-')}`,
    keeps: `a fault in ${entry} ends one call, or its agent connection, and the process lives`,
    file,
    text,
    without,
    test: { file: TEST, name: `${of} ${entry}` },
  };
}

/** A fault in a callback that Node calls for one call ends that call alone. */
export const isolationGuards: readonly Guard[] = [
  entryGuard('carrier.message', {
    file: SOCKET,
    text: "this.#guard.listen(socket, 'carrier', {\n      message: (data, isBinary) => this.#receive(data, isBinary),",
    without:
      "socket.on('message', (data, isBinary) => this.#receive(data as Buffer, isBinary));\n    this.#guard.listen(socket, 'carrier', {",
  }),
  entryGuard('carrier.pong', {
    file: SOCKET,
    text: 'pong: () => this.#liveness.onPong(),',
    without: "...(socket.on('pong', () => this.#liveness.onPong()) && {}),",
  }),
  entryGuard('carrier.error', {
    file: SOCKET,
    text: 'error: (error) => this.#onError(error),',
    without: "...(socket.on('error', (error) => this.#onError(error)) && {}),",
  }),
  entryGuard('carrier.close', {
    file: SOCKET,
    text: 'close: (code) => this.#onClose(code),',
    without: "...(socket.on('close', (code) => this.#onClose(code)) && {}),",
  }),
  entryGuard('tick', {
    file: SOCKET,
    text: "this.#guard.run('tick', () => this.#look(monotonicMs));",
    without: 'this.#look(monotonicMs);',
  }),
  entryGuard('heartbeat', {
    file: SOCKET,
    text: "this.#guard.run('heartbeat', () => (call = this.#session.openCall));",
    without: 'call = this.#session.openCall;',
  }),
  entryGuard('carrier.sent', {
    file: CHANNEL,
    text: "guard.wrap('carrier.sent', () => this.#setCarrierFull(false))",
    without: '() => this.#setCarrierFull(false)',
  }),
  entryGuard('agent.receipt', {
    file: REPORTS,
    text: "guard.wrap('agent.receipt', (result: DeliveryResult) =>\n      this.#acknowledge(report, result),\n    )",
    without: '(result: DeliveryResult) => this.#acknowledge(report, result)',
  }),
  entryGuard('agent.read', {
    file: REPORTS,
    text: "guard.settled('agent.read', reader.read(job), onReports, onFailed);",
    without: 'void reader.read(job).then(onReports, onFailed);',
  }),
  entryGuard('agent.open', {
    file: RELAY,
    text: 'open: () => this.#onOpen(socket),',
    without: "...(socket.on('open', () => this.#onOpen(socket)) && {}),",
  }),
  entryGuard('agent.message', {
    file: RELAY,
    text: 'message: (data, isBinary) => this.#options.onMessage(data, isBinary),',
    without:
      "...(socket.on('message', (data, isBinary) => this.#options.onMessage(data as Buffer, isBinary)) && {}),",
  }),
  entryGuard('agent.close', {
    file: RELAY,
    text: 'close: (code) => this.#onClose(socket, code, error),',
    without: "...(socket.on('close', (code) => this.#onClose(socket, code, error)) && {}),",
  }),
  entryGuard('agent.reconnect', {
    file: RELAY,
    text: "this.#guard.after('agent.reconnect', delayMs, () => this.#dial())",
    without: 'setTimeout(() => this.#dial(), delayMs)',
  }),
  entryGuard('agent.linger', {
    file: RELAY,
    text: "this.#guard.after('agent.linger', this.#settings.lingerMs, () => this.#sayGoodbye())",
    without: 'setTimeout(() => this.#sayGoodbye(), this.#settings.lingerMs)',
    of: AFTER_THE_END,
  }),
  entryGuard('agent.goodbye', {
    file: RELAY,
    text: "this.#guard.after('agent.goodbye', CLOSE_GRACE_MS, () => socket?.terminate())",
    without: 'setTimeout(() => socket?.terminate(), CLOSE_GRACE_MS)',
    of: AFTER_THE_END,
  }),
  entryGuard('audio.done', {
    file: 'services/stream-gateway/src/audio/audio-recorder.ts',
    text: "guard.wrap('audio.done', (isWritten: boolean) => {",
    without: '((isWritten: boolean) => {',
  }),
  entryGuard('tick.retention', {
    file: 'services/stream-gateway/src/service.ts',
    text: "guard.run('tick.retention', () => stores.retention.enforceLimit(Date.now()));",
    without: 'stores.retention.enforceLimit(Date.now());',
    of: SHARED,
  }),
  entryGuard('tick.sockets', {
    file: 'services/stream-gateway/src/service.ts',
    text: "guard.run('tick.sockets', () => sockets.tick());",
    without: 'sockets.tick();',
    of: SHARED,
  }),
  entryGuard('tick.digests', {
    file: 'services/stream-gateway/src/service.ts',
    text: "guard.run('tick.digests', () => digests.forEach((digest) => digest.report(performance.now())));",
    without: 'digests.forEach((digest) => digest.report(performance.now()));',
    of: SHARED,
  }),
  entryGuard('http.upgrade', {
    file: 'services/stream-gateway/src/http/server/gateway-server.ts',
    text: "guard.run('http.upgrade', () => {",
    without: '[1].forEach(() => {',
    of: SHARED,
  }),
  entryGuard('http.leave', {
    file: 'services/stream-gateway/src/http/server/stream-upgrades.ts',
    text: "this.#guard.wrap('http.leave', () => {",
    without: '(() => {',
    of: SHARED,
  }),
  entryGuard('retention.compare', {
    file: 'packages/delivery/src/retention/retention.ts',
    text: "this.#guard.run('retention.compare', () => buffer.compareWithHead(head));",
    without: 'buffer.compareWithHead(head);',
    of: SHARED,
  }),
  entryGuard('http.connection', {
    file: 'services/stream-gateway/src/http/server/gateway-server.ts',
    text: "guard.run('http.connection', () => void pending.accept(socket))",
    without: 'pending.accept(socket)',
    of: SHARED,
  }),
  {
    name: 'guarded-batch',
    keeps: 'a call that fails when its audio is written does not keep the other calls of the write',
    file: 'services/stream-gateway/src/audio/audio-writer.ts',
    text: "this.#options.guard.run('audio.done', () => this.#finishBatch(each, fates[index] ?? 'failed', nowMs));",
    without: "this.#finishBatch(each, fates[index] ?? 'failed', nowMs);",
    test: {
      file: 'services/stream-gateway/src/audio/audio-writer.test.ts',
      name: 'a call that throws when its batch is written does not affect the other calls of the write',
    },
  },
  {
    name: 'guarded-drain',
    keeps: 'a call that fails while the gateway stops does not keep the others from being ended',
    file: SOCKET,
    text: "this.#guard.run('drain', () => {",
    without: '[1].forEach(() => {',
    test: {
      file: TEST,
      name: 'a call that fails while the gateway is stopped does not keep the others from being ended',
    },
  },
  {
    name: 'internal-error-in-the-record',
    keeps: 'the record of a call that ended for a fault of the gateway has that reason',
    file: 'services/stream-gateway/src/exotel/call-connection.ts',
    text: "this.end({ kind: 'lost', reason: 'internal_error' });",
    without: "this.end({ kind: 'lost', reason: 'socket_error' });",
    test: { file: TEST, name: `${ONE_CALL} carrier.message` },
  },
  {
    name: 'whole-characters',
    keeps: 'a cut parameter stays well-formed, so that it can be put into the URL of an agent',
    file: 'packages/exotel/src/wire/cut-text.ts',
    text: 'isInsideCharacter ? maxLength - 1 : maxLength',
    without: 'isInsideCharacter ? maxLength : maxLength',
    test: {
      file: 'packages/exotel/src/wire/cut-text.test.ts',
      name: 'a parameter is not cut within an emoji, in the URL or in the start',
    },
  },
  {
    name: 'empty-host-of-an-agent',
    keeps: 'a call that lacks a value for the host of AGENT_URL dials no other host',
    file: 'services/stream-gateway/src/domain/agent-url.ts',
    text: 'if (empty !== undefined) return',
    without: 'if (empty === template) return',
    test: {
      file: 'services/stream-gateway/src/domain/agent-url.test.ts',
      name: 'a call without the values for the host does not dial another host',
    },
  },
  {
    name: 'dots-in-the-path-of-an-agent',
    keeps: 'no sid and no parameter leads out of the path of AGENT_URL',
    file: 'services/stream-gateway/src/domain/agent-url.ts',
    text: "segment === '.' || segment === '..'",
    without: "segment === '/'",
    test: {
      file: 'services/stream-gateway/src/domain/agent-url.test.ts',
      name: 'any values in any template: the URL has the host, the path and the query of the template, or there is none',
    },
  },
];
