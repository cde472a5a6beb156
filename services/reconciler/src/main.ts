import { createLogger, loadConfigOrExit, runService } from '@turnlog/service-kit';
import { configSchema } from './config.ts';
import { startReconciler } from './service.ts';

const NAME = 'reconciler';

const config = loadConfigOrExit(configSchema, NAME);
const logger = createLogger({
  service: NAME,
  level: config.LOG_LEVEL,
  instance: config.INSTANCE,
  phoneKey: config.LOG_PHONE_KEY,
});

await runService({
  name: NAME,
  logger,
  start: async (lifecycle) => {
    const healthPort = await startReconciler(config, { lifecycle, logger });
    logger.info({ health_port: healthPort }, `${NAME} ready`);
  },
});
