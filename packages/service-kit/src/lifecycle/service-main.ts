import { type z } from 'zod';
import { settingsWithDefaultPassword } from '../config/default-passwords.ts';
import { loadConfigOrExit } from '../config/load-config-or-exit.ts';
import { type LogLevel } from '../log/log-level.ts';
import { createLogger, type Logger } from '../log/logger.ts';
import { type Lifecycle } from './lifecycle.ts';
import { runService } from './run-service.ts';

/** What the parts of a service start with. */
export interface ServiceParts {
  readonly lifecycle: Lifecycle;
  readonly logger: Logger;
}

/** The settings of a service that its logger needs; see `commonSettings`. */
interface LogSettings {
  readonly LOG_LEVEL: LogLevel;
  readonly INSTANCE: string;
  readonly LOG_PHONE_KEY?: string | undefined;
}

interface ServiceMainOptions<S extends z.ZodObject> {
  readonly name: string;
  readonly settings: S;
  /** Starts all parts; resolves with the fields of the line that the service is ready. */
  readonly start: (config: z.infer<S>, parts: ServiceParts) => Promise<object>;
}

/** The main program of a service: reads its settings, makes its logger and runs it until the process exits. */
export async function serviceMain<S extends z.ZodObject & z.ZodType<LogSettings>>({
  name,
  settings,
  start,
}: ServiceMainOptions<S>): Promise<void> {
  const config = loadConfigOrExit(settings, name);
  const { LOG_LEVEL: level, INSTANCE: instance, LOG_PHONE_KEY: phoneKey } = config;
  const logger = createLogger({ service: name, level, instance, phoneKey });
  const exposed = settingsWithDefaultPassword(config);
  if (exposed.length > 0) {
    logger.warn(
      { event: 'default_password', fields: exposed },
      'a password is that of docker-compose.yml, which is for development; change it in .env',
    );
  }
  await runService({
    name,
    logger,
    start: async (lifecycle) => {
      const fields = await start(config, { lifecycle, logger });
      logger.info({ event: 'service_ready', ...fields }, `${name} ready`);
    },
  });
}
