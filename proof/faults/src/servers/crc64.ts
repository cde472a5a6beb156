/** The polynomial of Jones, reflected, as Redis uses it. */
const POLYNOMIAL = 0x95ac9329ac4bc9b5n;

const TABLE = Array.from({ length: 256 }, (_, byte) => {
  let remainder = BigInt(byte);
  for (let bit = 0; bit < 8; bit += 1) {
    remainder = (remainder & 1n) === 1n ? (remainder >> 1n) ^ POLYNOMIAL : remainder >> 1n;
  }
  return remainder;
});

/** The checksum at the end of a dump of Redis. */
export function crc64(bytes: Uint8Array): bigint {
  let crc = 0n;
  for (const byte of bytes) crc = (TABLE[Number((crc ^ BigInt(byte)) & 0xffn)] ?? 0n) ^ (crc >> 8n);
  return crc;
}
