import { cpus, platform, release, totalmem } from 'node:os';

/** The machine of the run, in a few words. */
export function describeMachine(): string {
  const model = cpus()[0]?.model.trim() ?? 'an unknown processor';
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  return `${model}, ${cpus().length} cores, ${memory}, ${platform()} ${release()}, Node ${process.versions.node}`;
}
