import { serviceMain } from '@turnlog/service-kit';
import { configSchema } from './config.ts';
import { startGateway } from './service.ts';

await serviceMain({ name: 'stream-gateway', settings: configSchema, start: startGateway });
