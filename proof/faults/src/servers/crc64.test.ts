import { expect, test } from '@jest/globals';
import { crc64 } from './crc64.ts';

test("it is the checksum of the example in Redis' own source", () => {
  expect(crc64(Buffer.from('123456789'))).toBe(0xe9c6d914c4b8d9can);
});
