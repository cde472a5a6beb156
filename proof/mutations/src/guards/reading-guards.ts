import { type Guard } from '../guard.ts';

const LARGE = 'services/stream-gateway/src/large-reports.integration.test.ts';
const READ = 'services/stream-gateway/src/reading/read-reports.ts';
// Run in this thread: the threads that read large messages load what was built before.
const READ_TEST = 'services/stream-gateway/src/reading/read-reports.test.ts';

/** Checks before a message is parsed, and where it is parsed. */
export const readingGuards: readonly Guard[] = [
  {
    name: 'read-beside-the-loop',
    keeps: 'a large request does not stop the audio of all calls while it is parsed',
    file: 'services/stream-gateway/src/reading/report-reader.ts',
    text: 'if (bytes <= MAX_BYTES_AT_ONCE) return',
    without: 'if (bytes > 0) return',
    test: { file: LARGE, name: 'a large request is read in a thread and does not delay other requests' },
  },
  {
    name: 'waiting-behind-a-large-report',
    keeps: "an agent's later report does not overtake a large one",
    file: 'services/stream-gateway/src/agent/agent-channel.ts',
    text: 'if (this.#isReading) this.#waiting.push({ data, isBinary });',
    without: 'if (data.length < 0) this.#waiting.push({ data, isBinary });',
    test: {
      file: LARGE,
      name: 'a large report on a socket is read in a thread, and later frames stay behind it',
    },
  },
  {
    name: 'bytes-before-reading',
    keeps: 'a message that is too large is refused by itself, without being parsed',
    file: READ,
    text: 'if (byteLength > maxEventBytes) return',
    without: 'if (byteLength < 0) return',
    test: {
      file: READ_TEST,
      name: 'a message that is too large is refused under its own id, and is not read',
    },
  },
  {
    name: 'depth-before-reading',
    keeps: 'a message that is nested too deeply is refused under its own id, however deep',
    file: READ,
    text: 'if (depth > MAX_JSON_DEPTH) return',
    without: 'if (depth < 0) return',
    test: {
      file: READ_TEST,
      name: 'a message that is nested too deeply is refused under its own id, and is not read',
    },
  },
  {
    name: 'bytes-a-second-of-a-call',
    keeps: 'one call does not send more bytes than can be stored',
    file: 'services/stream-gateway/src/agent/agent-reports.ts',
    text: 'if (!this.#byteRate.take(nowMs, bytes)) return',
    without: 'if (bytes < 0) return',
    test: {
      file: LARGE,
      name: 'a call, a tenant and an address have limits on bytes per second, over HTTP and on a socket',
    },
  },
  {
    name: 'bytes-a-second-over-http',
    keeps: 'no call, tenant or address sends more bytes than can be parsed and stored',
    file: 'services/stream-gateway/src/domain/report-rates.ts',
    text: 'if (waitMs > 0) return { waitMs, limit };',
    without: 'if (waitMs < 0) return { waitMs, limit };',
    test: {
      file: LARGE,
      name: 'a call, a tenant and an address have limits on bytes per second, over HTTP and on a socket',
    },
  },
  {
    name: 'broken-report-is-refused',
    keeps: 'a report that is not JSON is answered, and is not sent to the carrier',
    file: 'services/stream-gateway/src/agent/agent-channel.ts',
    text: 'if (isReport || (isUnreadable(frame) && isBrokenReport(data))) {',
    without: 'if (isReport || (isUnreadable(frame) && isBrokenReport(data) && false)) {',
    test: {
      file: 'services/stream-gateway/src/agent-messages.integration.test.ts',
      name: 'a report that is not JSON is refused, and neither it nor an array of reports goes to the carrier',
    },
  },
  {
    name: 'no-views-past-the-most-messages',
    keeps: 'an array of millions of items does not stop the loop while they are counted',
    file: 'services/stream-gateway/src/domain/split-messages.ts',
    text: 'if (count >= maxMessages) count += 1;',
    without: 'if (maxMessages < 0) count += 1;',
    test: {
      file: 'services/stream-gateway/src/domain/split-messages.test.ts',
      name: 'a body is split into its messages messages above the limit cost no view of the body',
    },
  },
];
