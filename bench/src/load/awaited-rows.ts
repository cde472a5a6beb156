import { type Servers } from '../servers.ts';
import { until } from './until.ts';

/** One in this many calls is polled: enough for a percentile, and little work for Postgres. */
const SAMPLE_EVERY = 8;

/** Calls that were hung up and have no row yet, and how long the others took to get one. */
export class AwaitedRows {
  readonly tookMs: number[] = [];
  readonly #pool: Servers['pool'];
  readonly #since = new Map<string, number>();
  #added = 0;

  constructor({ pool }: Servers) {
    this.#pool = pool;
  }

  /** From now on the call's row is awaited. */
  add(callSid: string): void {
    if (this.#added++ % SAMPLE_EVERY === 0) this.#since.set(callSid, performance.now());
  }

  /** Resolves when this many calls were added and each of the sample has its row. */
  async untilSeen(calls: number): Promise<void> {
    await until(
      async () => {
        await this.#look();
        return this.#added === calls && this.#since.size === 0;
      },
      { what: 'all calls have their rows' },
    );
  }

  async #look(): Promise<void> {
    if (this.#since.size === 0) return;
    const text = `
      select call_sid from call_sessions
      where tenant = 'default' and call_sid = any ($1) and status = 'completed'`;
    const values = [[...this.#since.keys()]];
    const { rows } = await this.#pool.query<{ call_sid: string }>({ name: 'awaited', text, values });
    const nowMs = performance.now();
    for (const { call_sid } of rows) {
      this.tookMs.push(nowMs - (this.#since.get(call_sid) ?? nowMs));
      this.#since.delete(call_sid);
    }
  }
}
