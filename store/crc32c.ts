/** By how many bytes at once the sum goes on. */
const AT_ONCE = 8;

/**
 * What each byte adds, with 0 to 7 bytes behind it, 256 numbers each: "slicing by eight" (Kounavis and Berry, A Systematic
 * Approach to Building High Performance Software-based CRC Generators, 2005). Three times as fast as a byte at a time, which
 * opening a log of a gigabyte is made of.
 */
const table = new Int32Array(256 * AT_ONCE);
for (let byte = 0; byte < 256; byte++) {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  table[byte] = crc;
}
for (let at = 256; at < table.length; at++) {
  const before = table[at - 256] ?? 0;
  table[at] = (before >>> 8) ^ (table[before & 0xff] ?? 0);
}

/** CRC-32C (Castagnoli, RFC 3720 appendix B.4) of `bytes[start..end)`, going on from `before`, the CRC of what precedes. */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length, before = 0): number {
  // Within the bounds of both, where there is always a number.
  const at = (i: number) => bytes[i] as number;
  const sum = (place: number, byte: number) => table[place * 256 + byte] as number;
  let crc = ~before;
  let i = start;
  for (; i + AT_ONCE <= end; i += AT_ONCE) {
    crc ^= at(i) | (at(i + 1) << 8) | (at(i + 2) << 16) | (at(i + 3) << 24);
    crc =
      sum(7, crc & 0xff) ^
      sum(6, (crc >>> 8) & 0xff) ^
      sum(5, (crc >>> 16) & 0xff) ^
      sum(4, crc >>> 24) ^
      sum(3, at(i + 4)) ^
      sum(2, at(i + 5)) ^
      sum(1, at(i + 6)) ^
      sum(0, at(i + 7));
  }
  for (; i < end; i++) crc = sum(0, (crc ^ at(i)) & 0xff) ^ (crc >>> 8);
  return ~crc >>> 0;
}
