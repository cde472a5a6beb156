/** The password of every user in docker-compose.yml, unless .env has others. */
const DEFAULT_PASSWORD = 'turnlog-dev';

/** The names of the settings that are URLs with the password for development. */
export function settingsWithDefaultPassword(config: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(config)
    .filter(([, value]) => typeof value === 'string' && value.includes(`:${DEFAULT_PASSWORD}@`))
    .map(([name]) => name);
}
