import { Redis } from 'ioredis';

/**
 * A client that holds nothing back once it is closed. By itself ioredis waits two seconds for its socket to close, also for
 * one that closed before: a process that had lost Redis would end that much later.
 */
export class ClosableRedis extends Redis {
  override disconnect(reconnect = false): void {
    super.disconnect(reconnect);
    // What ioredis waits for has been, and will not come again.
    const stream = this.stream as typeof this.stream | undefined;
    if (stream?.closed === true) stream.emit('close');
  }
}
