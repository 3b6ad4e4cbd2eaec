/** These byte strings one after the other. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** The bytes of ASCII `text`, padded with spaces to `length`. */
export function ascii(text: string, length = text.length): Uint8Array {
  return Uint8Array.from(Buffer.from(text.padEnd(length), 'latin1'));
}

/** The byte that makes the sum of `bytes`, where it replaces a zero, a multiple of 256. */
export function checksum(bytes: Uint8Array): number {
  return -bytes.reduce((sum, byte) => sum + byte, 0) & 0xff;
}
