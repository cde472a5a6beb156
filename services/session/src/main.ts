import { createLogger, runService } from '@turnlog/service-kit';
import { loadSessionConfig } from './config.ts';
import { startSession } from './service.ts';

const config = loadSessionConfig();
const logger = createLogger({
  service: 'session',
  level: config.logLevel,
  instance: config.instance,
  phoneKey: config.logPhoneKey,
});

await runService({
  name: 'session',
  logger,
  start: async (lifecycle) => {
    const healthPort = await startSession(config, { lifecycle, logger });
    logger.info({ health_port: healthPort }, 'session ready');
  },
});
