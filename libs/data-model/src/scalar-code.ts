import { TWO_POW_32 } from './address';
import type { FieldType, ScalarKind, ScalarType } from './field';

/* The texts of which accessor classes are made. `view` and `at` are JavaScript expressions. */

/** What is 64 bits and read as a number. */
type Address = 'addr64' | 'be64';

const DATA_VIEW_METHOD: Readonly<Record<Exclude<ScalarKind, Address>, string>> = {
  u8: 'Uint8',
  i8: 'Int8',
  u16: 'Uint16',
  i16: 'Int16',
  u32: 'Uint32',
  i32: 'Int32',
  u64: 'BigUint64',
  i64: 'BigInt64',
  be32: 'Uint32',
};

/** How a 64-bit number is put together of its halves: where the low and the high one lie, and how. */
const HALVES: Readonly<Record<Address, readonly [low: number, high: number, little: boolean]>> = {
  addr64: [0, 4, true],
  be64: [4, 0, false],
};

function isAddress(kind: FieldType['kind']): kind is Address {
  return kind in HALVES;
}

/** Whether a field holds one number. */
export function isScalar(field: FieldType): field is ScalarType {
  return field.kind in DATA_VIEW_METHOD || isAddress(field.kind);
}

/** An expression that reads a scalar. */
export function readCode(kind: ScalarKind, view: string, at: string): string {
  if (!isAddress(kind)) {
    return `${view}.get${DATA_VIEW_METHOD[kind]}(${at}, ${kind !== 'be32'})`;
  }
  const [low, high, little] = HALVES[kind];
  const half = (offset: number) => `${view}.getUint32(${at} + ${offset}, ${little})`;
  return `${half(low)} + ${half(high)} * ${TWO_POW_32}`;
}

/** An expression that writes `value` to a scalar; it calls `writeAddress`. */
export function writeCode(kind: ScalarKind, view: string, at: string): string {
  return isAddress(kind)
    ? `writeAddress(${view}, ${at}, value, '${kind}')`
    : `${view}.set${DATA_VIEW_METHOD[kind]}(${at}, value, ${kind !== 'be32'})`;
}

/** Writes a number into 64 bits. */
export function writeAddress(view: DataView, at: number, value: number, kind: Address): void {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new RangeError(`${value} is not an address or length below 2^53`);
  }
  const [low, high, little] = HALVES[kind];
  view.setUint32(at + low, value % TWO_POW_32, little);
  view.setUint32(at + high, Math.floor(value / TWO_POW_32), little);
}
