import { randomBytes } from 'node:crypto';

/** A unique prefix for keys, such as `test:9f2c41d07be3:`. */
export function testKeyPrefix(): string {
  return `test:${randomBytes(6).toString('hex')}:`;
}
