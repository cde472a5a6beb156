import { type Clock } from '../clock.ts';

/** Kept by a loop: it beats once per completed turn, also a turn that found nothing to do. */
export interface Heartbeat {
  beat(): void;
  /** The loop has ended on purpose; its silence is no longer a fault. */
  stop(): void;
}

/** How long a loop has been silent, and how long it may be. */
export interface HeartbeatReport {
  ok: boolean;
  silentMs: number;
  maxSilenceMs: number;
}

/** The heartbeats of a process by name. */
export interface Heartbeats {
  start(name: string, options: { maxSilenceMs: number }): Heartbeat;
  report(): Record<string, HeartbeatReport>;
}

export function createHeartbeats(clock: Clock): Heartbeats {
  const loops = new Map<string, { lastBeatAt: number; maxSilenceMs: number }>();
  return {
    start(name, { maxSilenceMs }) {
      if (loops.has(name)) throw new Error(`a heartbeat called "${name}" is running already`);
      const loop = { lastBeatAt: clock.now(), maxSilenceMs };
      loops.set(name, loop);
      return {
        beat: () => {
          loop.lastBeatAt = clock.now();
        },
        stop: () => void loops.delete(name),
      };
    },
    report() {
      const entries = [...loops].map(([name, { lastBeatAt, maxSilenceMs }]) => {
        const silentMs = Math.round(clock.now() - lastBeatAt);
        return [name, { ok: silentMs <= maxSilenceMs, silentMs, maxSilenceMs }] as const;
      });
      return Object.fromEntries(entries);
    },
  };
}
