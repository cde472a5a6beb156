import { backoffDelayMs, sleep, type Environment } from '@turnlog/service-kit';
import { mainFileOf, stopTimeoutMsOf, type ServiceKind, type ServicePlan } from '../service-plan.ts';
import { ServiceProcess, type ProcessExit, type ServiceOutput } from './service-process.ts';
import { describeExit, untilServiceReady, type StartedService } from './until-ready.ts';

const BACKOFF = { minMs: 200, maxMs: 10_000 };
/** A service that ran for this long before it died starts its backoff again. */
const HEALTHY_AFTER_MS = 30_000;
/** Its servers may have much to load. */
const READY_TIMEOUT_MS = 120_000;
const LAST_LINES = 12;

export interface SupervisionOptions {
  /** Whether it is restarted when it ends by itself. */
  readonly autoRestart: boolean;
  readonly onLine: (service: string, line: string) => void;
  /** Called with a sentence about an unexpected end or a forced stop. */
  readonly onNotice: (sentence: string) => void;
  /** Called when the service has another pid. */
  readonly onChange: () => void;
}

/** One service of a local stack: it is started on request, and restarted when it dies. */
export class LocalService {
  /** `gateway-1`, `session-1`, `persister-1`: also its INSTANCE. */
  readonly name: string;
  readonly kind: ServiceKind;
  /** Where a gateway serves calls and agents. */
  readonly port: number;
  /** Where it answers `/healthz`, `/readyz` and `/metrics`. */
  readonly healthPort: number;
  readonly #options: SupervisionOptions;
  #mainFile: string;
  #lastLines: string[] = [];
  #lastProblems: string[] = [];
  #env: Environment;
  #launching: Promise<ServiceProcess> | undefined;
  #run: ServiceProcess | undefined;
  /** Aborts when it must not be restarted any more. */
  #supervision: AbortController | undefined;
  #deaths = 0;
  #stops = 0;

  constructor({ name, kind, port, healthPort, env, mainFile }: ServicePlan, options: SupervisionOptions) {
    this.name = name;
    this.kind = kind;
    this.port = port;
    this.healthPort = healthPort;
    this.#env = env;
    this.#mainFile = mainFile;
    this.#options = options;
  }

  /** `undefined` while it isn't running. */
  get pid(): number | undefined {
    return this.#run?.pid;
  }

  /** Sends a signal to the process, such as `SIGKILL`. An end that was not requested leads to a restart. */
  kill(signal: NodeJS.Signals): void {
    this.#run?.kill(signal);
  }

  /** Resolves when it is not running. */
  async untilDown(): Promise<void> {
    await this.#run?.exited;
  }

  /** Starts it if it is not running, and waits until it is ready. Throws `service_failed`. */
  async start(): Promise<void> {
    this.#endSupervision();
    const stops = this.#stops;
    const run = this.#run ?? (await this.#launch());
    await untilServiceReady({ ...this.#identity(), run }, READY_TIMEOUT_MS);
    // A stop in the meantime takes precedence.
    if (stops === this.#stops) this.#supervise();
  }

  /** Stops it gracefully; it stays stopped. */
  async stop(): Promise<void> {
    this.#stops += 1;
    this.#endSupervision();
    const run = (await this.#launching) ?? this.#run;
    const timeoutMs = stopTimeoutMsOf(this.kind, this.#env);
    if (run === undefined || (await run.stop(timeoutMs))) return;
    this.#options.onNotice(`${this.name} did not stop within ${timeoutMs} ms and was killed.`);
  }

  /** Stops and starts it, with these settings on top of its own if given. */
  async restart(env: Environment = {}): Promise<void> {
    await this.stop();
    this.#env = { ...this.#env, ...env };
    await this.start();
  }

  /** From its next start on it runs the build of the tree at `root`, this one by default: another version of itself. */
  useBuild(root?: string): void {
    this.#mainFile = mainFileOf(this.kind, root);
  }

  #identity(): Omit<StartedService, 'run'> {
    const { name, healthPort } = this;
    return { name, healthPort, lastLines: () => this.#lastLines, lastProblems: () => this.#lastProblems };
  }

  #supervise(): void {
    if (this.#options.autoRestart) this.#supervision = new AbortController();
    this.#deaths = 0;
  }

  #endSupervision(): void {
    this.#supervision?.abort();
    this.#supervision = undefined;
  }

  #launch(): Promise<ServiceProcess> {
    this.#launching ??= this.#spawn().finally(() => (this.#launching = undefined));
    return this.#launching;
  }

  async #spawn(): Promise<ServiceProcess> {
    const startedAt = performance.now();
    const onLine = (line: string, output: ServiceOutput): void => this.#hear(line, output);
    this.#lastLines = [];
    this.#lastProblems = [];
    const run = await ServiceProcess.spawn({ mainFile: this.#mainFile, env: this.#env, onLine });
    this.#run = run;
    this.#options.onChange();
    run.exited.then((exit) => this.#onExit(exit, performance.now() - startedAt), this.#report);
    return run;
  }

  #hear(line: string, output: ServiceOutput): void {
    for (const lines of output === 'stderr' ? [this.#lastLines, this.#lastProblems] : [this.#lastLines]) {
      lines.push(line);
      if (lines.length > LAST_LINES) lines.shift();
    }
    this.#options.onLine(this.name, line);
  }

  #onExit(exit: ProcessExit, ranMs: number): void {
    this.#run = undefined;
    this.#options.onChange();
    const supervision = this.#supervision?.signal;
    if (supervision === undefined) return;
    if (ranMs > HEALTHY_AFTER_MS) this.#deaths = 0;
    const delayMs = backoffDelayMs(this.#deaths++, BACKOFF);
    this.#options.onNotice(`${describeExit(this.name, exit)}; starting it again in ${delayMs} ms.`);
    this.#revive(delayMs, supervision).catch(this.#report);
  }

  async #revive(delayMs: number, supervision: AbortSignal): Promise<void> {
    await sleep(delayMs, supervision);
    if (!supervision.aborted && this.#run === undefined) await this.#launch();
  }

  readonly #report = (error: unknown): void =>
    this.#options.onNotice(`${this.name}: ${error instanceof Error ? error.message : String(error)}`);
}
