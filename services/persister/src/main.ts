import { serviceMain } from '@turnlog/service-kit';
import { configSchema } from './config.ts';
import { startPersister } from './service.ts';

await serviceMain({ name: 'persister', settings: configSchema, start: startPersister });
