import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { executablesNamed } from './installed-redis.ts';
import { type RedisProgram, type Unavailable, unavailable, type Log } from './redis-program.ts';
import { runCommand } from './run-command.ts';

const IMAGE = 'redis:7';

/** Redis in a container, if Docker runs; fetches the image if it is missing. */
export async function dockerRedis(log: Log): Promise<RedisProgram | Unavailable> {
  const docker = executablesNamed('docker')[0];
  if (docker === undefined) return unavailable('Docker is not installed');
  const info = await runCommand(docker, ['info'], { timeoutMs: 60_000 });
  if (!info.ok) return unavailable(`Docker does not run: ${info.problem}`);
  const inspect = await runCommand(docker, ['image', 'inspect', IMAGE]);
  if (!inspect.ok) {
    log(`Fetching the image ${IMAGE} (once)`);
    const pull = await runCommand(docker, ['pull', '-q', IMAGE]);
    if (!pull.ok) return unavailable(`docker pull ${IMAGE}: ${pull.problem}`);
  }
  return { kind: 'docker', path: docker, image: IMAGE, how: `${IMAGE} in Docker` };
}

/** One container per data folder, named after it: Docker refuses a second one of that name. */
function containerName(dataDir: string): string {
  return `turnlog-redis-${createHash('sha256').update(dataDir).digest('hex').slice(0, 12)}`;
}

/** The arguments of `docker run` for a Redis with this data folder and this port of 127.0.0.1. */
export function containerArgs(image: string, dataDir: string, port: number): string[] {
  const user = process.getuid && process.getgid ? ['--user', `${process.getuid()}:${process.getgid()}`] : [];
  const publish = ['--publish', `127.0.0.1:${port}:6379`, '--volume', `${dataDir}:/data`];
  return ['run', '--rm', '--name', containerName(dataDir), ...user, ...publish, image, 'redis-server'];
}

/** Sends a signal to the server in the container and does not wait. */
export function signalContainer(docker: string, dataDir: string, signal: NodeJS.Signals): void {
  const args = ['kill', '--signal', signal, containerName(dataDir)];
  // If this fails the container has gone, and `docker run` ends.
  spawn(docker, args, { stdio: 'ignore' }).on('error', () => undefined);
}

/** Removes the container that a dead process left behind. */
export async function removeContainer(docker: string, dataDir: string): Promise<void> {
  await runCommand(docker, ['rm', '--force', containerName(dataDir)]);
}
