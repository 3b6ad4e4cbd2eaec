import { ascii, concat } from '../bytes';

/** Bytes of ACPI Machine Language: a whole object or term. ACPI 6.3, chapter 20. */
export type Aml = Uint8Array;

const enum Op {
  ZERO = 0x00,
  ONE = 0x01,
  NAME = 0x08,
  BYTE = 0x0a,
  WORD = 0x0b,
  DWORD = 0x0c,
  STRING = 0x0d,
  QWORD = 0x0e,
  SCOPE = 0x10,
  BUFFER = 0x11,
  PACKAGE = 0x12,
  DUAL_NAME = 0x2e,
  MULTI_NAME = 0x2f,
  EXTENDED = 0x5b,
}

/** Behind Op.EXTENDED. */
const DEVICE_OP = 0x82;

/** Most bytes of a package with its length, which has 28 bits. */
const MAX_PACKAGE_BYTES = 0x0fff_ffff;

/**
 * The PkgLength of `body` bytes. It counts itself: one byte has 6 bits for the length, of two to
 * four bytes the first has the low 4 bits and how many follow. ACPI 6.3, 20.2.4.
 * @throws RangeError beyond 28 bits
 */
export function packageLength(body: number): Uint8Array {
  if (body + 1 < 1 << 6) {
    return Uint8Array.of(body + 1);
  }
  for (let more = 1; more <= 3; more++) {
    const total = body + 1 + more;
    if (total < 1 << (4 + 8 * more)) {
      const lead = (more << 6) | (total & 0xf);
      const rest = Array.from({ length: more }, (_, index) => (total >>> (4 + 8 * index)) & 0xff);
      return Uint8Array.of(lead, ...rest);
    }
  }
  throw new RangeError(`AML package of ${body} bytes, more than ${MAX_PACKAGE_BYTES}`);
}

function packaged(...parts: readonly Aml[]): Uint8Array {
  const body = concat(...parts);
  return concat(packageLength(body.length), body);
}

const NAME_PATH = /^(\\|\^*)([A-Z_][A-Z0-9_]{0,3}(?:\.[A-Z_][A-Z0-9_]{0,3})*)$/;

/**
 * A name path such as `\_SB_.PCI0`; shorter segments are padded with underscores.
 * @throws TypeError if it is none
 */
export function namePath(path: string): Aml {
  const [, prefix, names] = NAME_PATH.exec(path) ?? [];
  if (prefix === undefined || names === undefined) {
    throw new TypeError(`no ACPI name: '${path}'`);
  }
  const segments = names.split('.').map((segment) => ascii(segment.padEnd(4, '_')));
  return concat(ascii(prefix), pathLead(segments.length), ...segments);
}

function pathLead(segments: number): Uint8Array {
  if (segments === 1) {
    return new Uint8Array(0);
  }
  return segments === 2 ? Uint8Array.of(Op.DUAL_NAME) : Uint8Array.of(Op.MULTI_NAME, segments);
}

function littleEndian(value: number, size: number): number[] {
  let rest = value;
  return Array.from({ length: size }, () => {
    const byte = rest % 0x100;
    rest = Math.floor(rest / 0x100);
    return byte;
  });
}

/**
 * An integer in its shortest form.
 * @throws RangeError unless it is an integer from 0 to 2^53 - 1
 */
export function integer(value: number): Aml {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new RangeError(`no AML integer: ${value}`);
  }
  if (value <= 1) {
    return Uint8Array.of(value === 0 ? Op.ZERO : Op.ONE);
  }
  if (value <= 0xff) {
    return Uint8Array.of(Op.BYTE, value);
  }
  if (value <= 0xffff) {
    return Uint8Array.of(Op.WORD, ...littleEndian(value, 2));
  }
  return value <= 0xffff_ffff
    ? Uint8Array.of(Op.DWORD, ...littleEndian(value, 4))
    : Uint8Array.of(Op.QWORD, ...littleEndian(value, 8));
}

/** A string of ASCII characters. */
export function text(value: string): Aml {
  return Uint8Array.of(Op.STRING, ...ascii(value), 0);
}

const EISA_ID = /^[A-Z]{3}[0-9A-F]{4}$/;

/**
 * A compressed EISA id such as `PNP0501`: three letters of 5 bits, then four hexadecimal digits.
 * ACPI 6.3, 19.3.4.
 * @throws TypeError if it is none
 */
export function eisaId(id: string): Aml {
  if (!EISA_ID.test(id)) {
    throw new TypeError(`no EISA id: '${id}'`);
  }
  const [a, b, c] = ascii(id.slice(0, 3)).map((letter) => letter - 0x40);
  const maker = ((a ?? 0) << 10) | ((b ?? 0) << 5) | (c ?? 0);
  const product = parseInt(id.slice(3), 16);
  // Big-endian in a little-endian integer.
  return Uint8Array.of(Op.DWORD, maker >> 8, maker & 0xff, product >> 8, product & 0xff);
}

/** Declares `path` to be `value`. */
export function name(path: string, value: Aml): Aml {
  return concat(Uint8Array.of(Op.NAME), namePath(path), value);
}

/** A package of up to 255 elements. */
export function packageOf(...elements: readonly Aml[]): Aml {
  return concat(Uint8Array.of(Op.PACKAGE), packaged(Uint8Array.of(elements.length), ...elements));
}

/** A buffer with these bytes. */
export function buffer(bytes: Uint8Array): Aml {
  return concat(Uint8Array.of(Op.BUFFER), packaged(integer(bytes.length), bytes));
}

/** What is in an existing scope. */
export function scope(path: string, ...terms: readonly Aml[]): Aml {
  return concat(Uint8Array.of(Op.SCOPE), packaged(namePath(path), ...terms));
}

/** A device and what is in it. */
export function device(path: string, ...terms: readonly Aml[]): Aml {
  return concat(Uint8Array.of(Op.EXTENDED, DEVICE_OP), packaged(namePath(path), ...terms));
}
