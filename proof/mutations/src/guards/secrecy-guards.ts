import { type Guard } from '../guard.ts';

/** Guards of personal data and secrets. */
export const secrecyGuards: readonly Guard[] = [
  {
    name: 'redaction',
    keeps: "text that a tenant's policy excludes is not stored",
    file: 'services/stream-gateway/src/domain/read-agent-message.ts',
    text: 'const draft = redactDraft(kept, redaction);',
    without: 'const draft = kept;',
    test: {
      file: 'services/stream-gateway/src/redaction.integration.test.ts',
      name: 'reports on a socket and over HTTP are redacted before they are stored',
    },
  },
  {
    name: 'allowed-fields',
    keeps: 'a field that is not on the allow list does not get into a log',
    file: 'packages/service-kit/src/log/scrub-fields.ts',
    text: 'if (kind === undefined) return REMOVED;',
    without: 'if (kind === undefined) return value;',
    test: {
      file: 'packages/service-kit/src/log/logger.test.ts',
      name: 'createLogger shows no field that is not allowed, whatever it holds',
    },
  },
  {
    name: 'words-of-the-other-side',
    keeps: "the other side's name of an event or a reason is logged only if it is a known word",
    file: 'services/stream-gateway/src/domain/loggable-word.ts',
    text: 'known.has(word) ? word : `other:${word.length}`',
    without: 'word',
    test: {
      file: 'services/stream-gateway/src/recording.integration.test.ts',
      name: 'a word of the other side is recorded, and only known words are logged',
    },
  },
  {
    name: 'constant-time-comparison',
    keeps: 'the time to refuse a secret does not show how much of it is right',
    file: 'packages/tenants/src/secrets/matches-secret.ts',
    text: "const isEqual = timingSafeEqual(Buffer.from(hashSecret(text), 'hex'), expected);",
    without: "const isEqual = Buffer.from(hashSecret(text), 'hex').equals(expected);",
    test: {
      file: 'packages/tenants/src/secrets/constant-time.test.ts',
      name: 'for known and unknown ids alike, one text is hashed and all of the hash is compared',
    },
  },
  {
    name: 'equal-work-for-unknown-ids',
    keeps: 'the time to refuse a secret does not show whether its id is known',
    file: 'packages/tenants/src/tenant-directory.ts',
    text: 'const isRight = matchesSecret(text, found?.secret);',
    without: `if (found === undefined) return undefined;
    const isRight = matchesSecret(text, found.secret);`,
    test: {
      file: 'packages/tenants/src/secrets/constant-time.test.ts',
      name: 'the time to refuse a secret does not show whether its id is known or how much of it is right',
    },
  },
];
