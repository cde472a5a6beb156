/** The most that lies idle in a pool. */
const MAX_IDLE_BYTES = 4 * 1024 * 1024;

/**
 * Buffers that are used again. Audio fills buffers of a few kilobytes all day long; leaving them to the garbage collector
 * costs more than all other work on a frame.
 */
export class BufferPool {
  readonly #idle = new Map<number, Buffer[]>();
  #idleBytes = 0;

  /** A buffer of exactly this size, with anything in it. */
  take(bytes: number): Buffer {
    const buffer = this.#idle.get(bytes)?.pop();
    // Not from Node's own pool: what waits for Redis would pin a slab that it shares with others.
    if (buffer === undefined) return Buffer.allocUnsafeSlow(bytes);
    this.#idleBytes -= bytes;
    return buffer;
  }

  /** Gives back a buffer that `take` gave, once nothing refers to it any more. */
  giveBack(buffer: Buffer): void {
    if (this.#idleBytes + buffer.length > MAX_IDLE_BYTES) return;
    this.#idleBytes += buffer.length;
    const sameSize = this.#idle.get(buffer.length);
    if (sameSize === undefined) this.#idle.set(buffer.length, [buffer]);
    else sameSize.push(buffer);
  }
}
