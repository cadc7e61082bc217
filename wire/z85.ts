const digits = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#';

/** Z85 (ZeroMQ RFC 32), as the sockets take keys: five characters for four bytes. */
export function z85(bytes: Buffer): string {
  let text = '';
  for (let at = 0; at + 4 <= bytes.length; at += 4) {
    const word = bytes.readUInt32BE(at);
    for (const place of [85 ** 4, 85 ** 3, 85 ** 2, 85, 1]) text += digits[Math.floor(word / place) % 85] ?? '';
  }
  return text;
}
