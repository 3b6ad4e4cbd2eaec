/** A PkgLength as a guest reads it: the length, which counts its own bytes, and how many these are. */
export function decodePackageLength(bytes: Uint8Array): { length: number; size: number } {
  const lead = bytes[0] ?? 0;
  const more = lead >> 6;
  if (more === 0) {
    return { length: lead & 0x3f, size: 1 };
  }
  let length = lead & 0xf;
  for (let index = 0; index < more; index++) {
    length += (bytes[index + 1] ?? 0) * 2 ** (4 + 8 * index);
  }
  return { length, size: 1 + more };
}

const INTEGER_BYTES: Readonly<Record<number, number>> = { 0x0a: 1, 0x0b: 2, 0x0c: 4, 0x0e: 8 };

/** An AML integer as a guest reads it. */
export function decodeInteger(bytes: Uint8Array): number {
  const op = bytes[0] ?? 0;
  if (op <= 1) {
    return op;
  }
  const count = INTEGER_BYTES[op] ?? 0;
  if (count === 0 || bytes.length !== 1 + count) {
    throw new RangeError(`no integer: ${Buffer.from(bytes).toString('hex')}`);
  }
  return bytes.subarray(1).reduceRight((value, byte) => value * 0x100 + byte, 0);
}
