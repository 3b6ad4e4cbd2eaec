/**
 * Machine code from lines of the form `ba f8 03 ; mov dx, 0x3f8`: hex bytes, then what they mean.
 * @throws SyntaxError for what is no hex byte
 */
export function machineCode(...lines: readonly string[]): Uint8Array {
  const bytes = lines.flatMap((line) => {
    const [code = ''] = line.split(';');
    return code.trim() === '' ? [] : code.trim().split(/\s+/);
  });
  return Uint8Array.from(bytes, (byte) => {
    if (!/^[0-9a-f]{2}$/i.test(byte)) {
      throw new SyntaxError(`'${byte}' is not a hex byte`);
    }
    return Number.parseInt(byte, 16);
  });
}
