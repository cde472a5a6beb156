import { spawnProbed, type ProbedProcess } from '../processes/probed-process.ts';
import { type Servers } from '../servers.ts';

/** What a sender of frames is to do. Every frame holds 1,600 bytes of audio, which is 100 ms at 8 kHz. */
export interface SenderPlan {
  readonly url: string;
  readonly calls: number;
  readonly callPrefix: string;
  /** In real time it goes on until it is stopped. */
  readonly pace: 'flat out' | 'real time';
  readonly framesPerCall: number;
}

/** Starts a sender, which is ready when every call has begun; `done` settles when one that sends flat out has been heard to the end. */
export function startSender(servers: Servers, plan: SenderPlan): ProbedProcess {
  return spawnProbed(servers, {
    name: 'frame-sender',
    mainFile: new URL('./frame-sender.js', import.meta.url),
    args: [JSON.stringify(plan)],
  });
}
