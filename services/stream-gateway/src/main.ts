import { createLogger, runService } from '@turnlog/service-kit';
import { loadGatewayConfig } from './config.ts';
import { startGateway } from './service.ts';

const config = loadGatewayConfig();
const logger = createLogger({
  service: 'stream-gateway',
  level: config.LOG_LEVEL,
  instance: config.INSTANCE,
  phoneKey: config.LOG_PHONE_KEY,
});

await runService({
  name: 'stream-gateway',
  logger,
  start: async (lifecycle) => {
    const { host, port, healthPort } = await startGateway(config, { logger, lifecycle });
    logger.info({ host, port, health_port: healthPort }, 'stream-gateway ready');
  },
});
