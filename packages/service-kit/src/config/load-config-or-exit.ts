import type { z } from 'zod';
import { type Environment, readConfig } from './read-config.ts';

/** The parts of a process that `loadConfigOrExit` uses, for tests. */
interface ConfigHost {
  env: Environment;
  stderr: { write(text: string): unknown };
  exit(code: number): never;
}

/**
 * The settings of a service, or the end of the process: every problem on standard error, one a line, exit code 1.
 * It runs before there is a logger, for the person who starts the service.
 */
export function loadConfigOrExit<S extends z.ZodObject>(
  schema: S,
  serviceName: string,
  host: ConfigHost = process,
): z.infer<S> {
  const result = readConfig(schema, host.env);
  if (result.ok) return result.config;
  const lines = result.problems.map((problem) => `  ${problem}\n`);
  host.stderr.write(`${serviceName} cannot start, its settings are wrong:\n${lines.join('')}`);
  return host.exit(1);
}
