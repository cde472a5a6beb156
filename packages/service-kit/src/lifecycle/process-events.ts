/** The parts of a process that a service needs; `process` itself, or an EventEmitter in a test. */
export interface ProcessHost {
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  off(event: string, listener: (...args: unknown[]) => void): unknown;
  exit(code: number): unknown;
}

interface ProcessEventHandlers {
  /** The first SIGTERM or SIGINT. */
  onStopSignal(signal: string): void;
  /** A later one. */
  onForceSignal(signal: string): void;
  /** An unhandled exception or rejection. */
  onCrash(kind: 'uncaughtException' | 'unhandledRejection', error: unknown): void;
}

// npm passes the terminal's Ctrl-C on to its child, which got it from the terminal already: one key press,
// two signals, a moment apart.
const SAME_KEY_PRESS_MS = 500;

/** Listens to the process; returns how to stop listening. */
export function listenToProcess(
  host: ProcessHost,
  handlers: ProcessEventHandlers,
  now: () => number,
): () => void {
  let firstSignalAt: number | undefined;
  const onSignal = (signal: string): void => {
    if (firstSignalAt === undefined) {
      firstSignalAt = now();
      handlers.onStopSignal(signal);
    } else if (now() - firstSignalAt >= SAME_KEY_PRESS_MS) {
      handlers.onForceSignal(signal);
    }
  };
  const listeners: [string, (...args: unknown[]) => void][] = [
    ['SIGTERM', () => onSignal('SIGTERM')],
    ['SIGINT', () => onSignal('SIGINT')],
    ['uncaughtException', (error) => handlers.onCrash('uncaughtException', error)],
    ['unhandledRejection', (error) => handlers.onCrash('unhandledRejection', error)],
  ];
  for (const [event, listener] of listeners) host.on(event, listener);
  return () => {
    for (const [event, listener] of listeners) host.off(event, listener);
  };
}
