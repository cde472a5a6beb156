/* Settings, for programs that must start fast: without logger and metrics. */

export { booleanFlag, type EnvValue, envValue, oneOf, port, share, wholeNumber } from './config/env-value.ts';
export { caFile, withDatabaseCa, withRedisCa } from './config/ca-file.ts';
export { httpUrl, postgresUrl, redisUrl, wsUrl, wsUrlTemplate } from './config/env-url.ts';
export { commonSettings, databaseSettings, keySpaceOf } from './config/common-settings.ts';
export { described } from './config/described.ts';
export { type ConfigResult, type Environment, readConfig } from './config/read-config.ts';
export { plainMessage, stripUrlSecrets } from './log/scrub-text.ts';
