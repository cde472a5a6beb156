import { Redis } from 'ioredis';

/**
 * A client that keeps nothing alive once it is closed. ioredis by itself waits two seconds for its socket to
 * close, even if it closed before: a process that had lost Redis would end that much later.
 */
export class ClosableRedis extends Redis {
  override disconnect(reconnect = false): void {
    super.disconnect(reconnect);
    // The event that ioredis waits for has occurred, and will not occur again.
    const stream = this.stream as typeof this.stream | undefined;
    if (stream?.closed === true) stream.emit('close');
  }
}
