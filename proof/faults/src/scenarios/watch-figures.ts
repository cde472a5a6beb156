import { sleep } from '@turnlog/service-kit';
import { readMetrics, type ReadFigure } from './metrics.ts';
import { type Context } from './scenario.ts';

/** A period, both ends by `performance.now()`. */
export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Figures of services, read periodically. */
export interface FigureWatch {
  /** All values of one figure of a service in a period, in ascending order. */
  seen(service: string, figure: string, within: Stretch): readonly number[];
  stop(): Promise<void>;
}

interface Sample {
  readonly service: string;
  readonly atMs: number;
  readonly read: ReadFigure;
}

/** Starts to read services' figures, until it is stopped or the world is closed. */
export function watchFigures(context: Context, services: readonly string[], everyMs: number): FigureWatch {
  const samples: Sample[] = [];
  const stopping = new AbortController();
  const watch = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      for (const service of services) {
        // A service that is too busy to answer is asked again.
        const read = await readMetrics(context, service).catch(() => undefined);
        if (read !== undefined) samples.push({ service, atMs: performance.now(), read });
      }
      await sleep(everyMs, stopping.signal);
    }
  };
  const watching = watch();
  context.onClose(() => stopping.abort());
  return {
    seen: (service, figure, { fromMs, toMs }) =>
      samples
        .filter((each) => each.service === service && each.atMs >= fromMs && each.atMs < toMs)
        .map(({ read }) => read(figure))
        .sort((a, b) => a - b),
    stop: () => {
      stopping.abort();
      return watching;
    },
  };
}

/** The median; NaN of none. */
export function median(ascending: readonly number[]): number {
  return ascending[Math.floor(ascending.length / 2)] ?? NaN;
}
