import { serviceMain } from '@turnlog/service-kit';
import { configSchema } from './config.ts';
import { startSession } from './service.ts';

await serviceMain({ name: 'session', settings: configSchema, start: startSession });
