import { spawnProbed, type ProbedProcess } from '../processes/probed-process.ts';
import { type Servers } from '../servers.ts';

/** The task of a sender of frames. Every frame has 1,600 bytes of audio, which is 100 ms at 8 kHz. */
export interface SenderPlan {
  readonly url: string;
  readonly calls: number;
  readonly callPrefix: string;
  /** In real time it continues until it is stopped. */
  readonly pace: 'flat out' | 'real time';
  readonly framesPerCall: number;
}

/**
 * Starts a sender, which is ready when every call has started; `done` resolves when the server has received
 * all frames of one that sends flat out.
 */
export function startSender(servers: Servers, plan: SenderPlan): ProbedProcess {
  return spawnProbed(servers, {
    name: 'frame-sender',
    mainFile: new URL('./frame-sender.js', import.meta.url),
    args: [JSON.stringify(plan)],
  });
}
