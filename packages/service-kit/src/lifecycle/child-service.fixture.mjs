// A service of its own process, for run-service.test.ts. It runs the built package.
import { clearInterval, setImmediate, setInterval } from 'node:timers';
import { createLogger, runService } from '@turnlog/service-kit';

const behaviour = process.argv[2];
const logger = createLogger({ service: 'child' });

await runService({
  name: 'child',
  logger,
  start: async (lifecycle) => {
    const keepAlive = setInterval(() => undefined, 1000);
    lifecycle.onStop('end the work', async () => {
      if (behaviour === 'hang') await new Promise(() => undefined);
      clearInterval(keepAlive);
    });
    if (behaviour === 'reject') setImmediate(() => Promise.reject(new Error('unforeseen')));
  },
});
