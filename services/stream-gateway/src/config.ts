import { tenantName } from '@turnlog/call-events';
import { DEFAULT_KEY_SPACE, DEFAULT_MAX_CALL_BYTES } from '@turnlog/call-log';
import {
  booleanFlag,
  commonSettings,
  described,
  envValue,
  oneOf,
  port,
  redisUrl,
  share,
  wholeNumber,
  wsUrl,
  wsUrlTemplate,
  type ConfigResult,
  type Environment,
  readConfig,
} from '@turnlog/service-kit';
import { isAddressRange, isLoopback } from '@turnlog/tenants';
import { z } from 'zod';
import { DEFAULT_UTC_OFFSET_MINUTES, parseUtcOffset } from '@turnlog/exotel';
import { AGENT_URL_PLACEHOLDERS, hasPlaceholderInOrigin, unknownPlaceholders } from './domain/agent-url.ts';
import { settingMeanings } from './setting-meanings.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

const milliseconds = (min: number, max: number) => wholeNumber(min, max, 'milliseconds');
const bytes = (min: number, max: number) => wholeNumber(min, max, 'bytes');
const applet = oneOf(['voicebot', 'stream']);

const agentUrl = wsUrlTemplate().refine((template) => unknownPlaceholders(template).length === 0, {
  error: `expected no placeholders but ${AGENT_URL_PLACEHOLDERS.map((name) => `{${name}}`).join(', ')} and {params.NAME}`,
});

/** The problem does not quote its text, which is a secret. */
const webhookSecret = envValue('at least 24 letters, digits, "-" or "_"', (text) =>
  /^[\w-]{24,200}$/.test(text) ? { value: text } : { problem: `got ${text.length} characters` },
);

const utcOffset = envValue('an offset from UTC such as +05:30', (text) => {
  const minutes = parseUtcOffset(text);
  return minutes === undefined ? { problem: `got ${JSON.stringify(text.slice(0, 80))}` } : { value: minutes };
});

// The problem does not quote it: it is a secret.
const authorization = envValue('the value of an Authorization header, such as "Bearer …"', (text) =>
  /^[\x21-\x7e][\x20-\x7e]{0,8191}$/.test(text)
    ? { value: text }
    : { problem: 'got something that a header can not hold' },
);
const addressRanges = envValue('addresses or ranges with commas between them, such as 10.0.0.0/8', (text) => {
  const ranges = listOf(text);
  const wrong = ranges.find((range) => !isAddressRange(range));
  return wrong === undefined ? { value: ranges } : { problem: `got ${JSON.stringify(wrong.slice(0, 80))}` };
});

const origins = envValue('origins with commas between them, such as https://console.example.com', (text) => ({
  value: listOf(text),
}));

/** Without a query: each stream has its own. */
const publicUrl = wsUrl.refine((url) => !/[?#@]/.test(url), {
  error: 'expected a URL such as wss://calls.example.com, without credentials and query',
});

function listOf(text: string): string[] {
  return text.split(',').map((item) => item.trim());
}

const gatewayVariables = z.object({
  ...commonSettings(DEFAULT_KEY_SPACE),
  ...described(
    {
      HOST: z.string().default('127.0.0.1'),
      PORT: port.default(8080),
      HEALTH_PORT: port.default(8084),
      TENANT: tenantName.default('default'),

      AUTHENTICATE: oneOf(['auto', 'always', 'never']).default('auto'),
      PUBLIC_URL: publicUrl.optional(),
      STREAM_TOKEN_MS: milliseconds(1_000, HOUR_MS).default(60_000),
      TRUSTED_PROXIES: addressRanges.default([]),
      ALLOWED_ORIGINS: origins.default([]),

      DURABILITY: oneOf(['redis', 'disk', 'replica']).default('redis'),
      DURABILITY_REPLICAS: wholeNumber(1, 100).default(1),
      DURABILITY_TIMEOUT_MS: milliseconds(1, 4_000).optional(),

      STREAM_APPLET: applet.default('voicebot'),
      MEDIA_APPLET: applet.default('voicebot'),
      MAX_CONNECTIONS: wholeNumber(1, 1_000_000).default(10_000),
      MAX_SOCKETS_PER_TENANT: wholeNumber(1, 1_000_000).default(10_000),
      MAX_CALLS_PER_SOCKET: wholeNumber(1, 1_000_000).default(100),
      MAX_SOCKETS_PER_ADDRESS: wholeNumber(1, 1_000_000).default(5_000),
      MAX_HANDSHAKES_PER_ADDRESS: wholeNumber(1, 1_000_000).default(500),
      HANDSHAKE_TIMEOUT_MS: milliseconds(50, 60_000).default(10_000),
      START_TIMEOUT_MS: milliseconds(50, HOUR_MS).default(15_000),
      MAX_CALL_MS: milliseconds(1_000, 24 * HOUR_MS).default(4 * HOUR_MS),
      MAX_FRAME_BYTES: bytes(KIB, 16 * MIB).default(256 * KIB),
      MAX_FRAGMENTS: wholeNumber(1, 10_000).default(64),
      PING_EVERY_MS: milliseconds(50, HOUR_MS).default(20_000),
      IDLE_TIMEOUT_MS: milliseconds(50, HOUR_MS).default(30_000),
      HEARTBEAT_MS: milliseconds(50, 30_000).default(10_000),
      DRAIN_DEADLINE_MS: milliseconds(0, 4 * HOUR_MS).default(25_000),
      FLUSH_DEADLINE_MS: milliseconds(0, HOUR_MS).default(10_000),
      CARRIER_BUFFER_BYTES: bytes(64 * KIB, 256 * MIB).default(4 * MIB),

      REDACTION: oneOf(['none', 'mask', 'drop']).default('none'),
      MAX_EVENT_BYTES: bytes(KIB, 16 * MIB).default(MIB),
      MAX_EVENTS_PER_CALL: wholeNumber(10, 10_000_000).default(100_000),
      MAX_CALL_BYTES: bytes(KIB, 64 * MIB).default(DEFAULT_MAX_CALL_BYTES),
      MAX_TENANT_BYTES_PER_HOUR: bytes(MIB, 1024 * 1024 * MIB).optional(),
      MAX_MEMORY_SHARE: share.default(0.9),
      MAX_EVENTS_PER_SECOND: wholeNumber(1, 1_000_000).default(500),
      MAX_BYTES_PER_SECOND: bytes(KIB, 1024 * MIB).default(8 * MIB),
      MAX_TENANT_EVENTS_PER_SECOND: wholeNumber(1, 10_000_000).default(50_000),
      MAX_TENANT_BYTES_PER_SECOND: bytes(KIB, 16 * 1024 * MIB).default(64 * MIB),
      MAX_ADDRESS_BYTES_PER_SECOND: bytes(KIB, 16 * 1024 * MIB).default(64 * MIB),
      MAX_PENDING_BYTES: bytes(KIB, 1024 * MIB).default(4 * MIB),
      MAX_RETAINED_BYTES: bytes(KIB, 1024 * MIB).default(8 * MIB),
      MAX_TOTAL_RETAINED_BYTES: bytes(KIB, 1024 * 1024 * MIB).optional(),
      RETAIN_AFTER_CLOSE_MS: milliseconds(0, 24 * HOUR_MS).default(60_000),

      SPOOL_DIR: z.string().min(1).optional(),
      SPOOL_AFTER_MS: milliseconds(10, 60_000).default(250),
      SPOOL_MAX_BYTES: bytes(64 * KIB, 1024 * 1024 * MIB).default(256 * MIB),

      AUDIO: booleanFlag.default(true),
      AUDIO_REDIS_URL: redisUrl.optional(),
      AUDIO_BATCH_MS: milliseconds(20, 10_000).default(500),
      AUDIO_MAX_BATCHES: wholeNumber(1, 1_000_000).default(3_600),
      AUDIO_KEEP_MS: milliseconds(1_000, 7 * 24 * HOUR_MS).default(10 * MINUTE_MS),
      AUDIO_MEMORY_SHARE: share.default(0.5),
      AUDIO_MAX_CALL_BYTES: bytes(64 * KIB, 1024 * MIB).default(32 * MIB),

      WEBHOOK_SECRET: webhookSecret.optional(),
      WEBHOOK_ADDRESSES: addressRanges.optional(),
      CARRIER_UTC_OFFSET: utcOffset.default(DEFAULT_UTC_OFFSET_MINUTES),

      AGENT_URL: agentUrl.optional(),
      AGENT_AUTHORIZATION: authorization.optional(),
      AGENT_CLOSE: oneOf(['hangup', 'keep']).default('hangup'),
      AGENT_GIVE_UP: oneOf(['hangup', 'keep']).default('keep'),
      AGENT_CONNECT_TIMEOUT_MS: milliseconds(50, 60_000).default(5_000),
      AGENT_RECONNECTS: wholeNumber(0, 100).default(5),
      AGENT_LINGER_MS: milliseconds(0, 10 * 60_000).default(5_000),
      AGENT_BUFFER_BYTES: bytes(16 * KIB, 256 * MIB).default(MIB),
    },
    settingMeanings,
  ),
});

/** The settings of the stream-gateway, by their environment variables. */
export const configSchema = gatewayVariables
  .refine(
    ({ AGENT_URL = '', AGENT_AUTHORIZATION }) =>
      AGENT_AUTHORIZATION === undefined || !hasPlaceholderInOrigin(AGENT_URL),
    {
      path: ['AGENT_URL'],
      error: 'expected no placeholder before the path: a call could choose who gets AGENT_AUTHORIZATION',
    },
  )
  .refine(({ AUTHENTICATE, HOST }) => AUTHENTICATE !== 'never' || isLoopback(HOST), {
    path: ['AUTHENTICATE'],
    error: '"never" is for a HOST of loopback only: any machine could stream and report',
  });

/** The settings of one gateway. */
export type GatewayConfig = z.infer<typeof configSchema>;

/** The settings from an environment, for tests. */
export function readGatewayConfig(env: Environment): ConfigResult<GatewayConfig> {
  return readConfig(configSchema, env);
}
