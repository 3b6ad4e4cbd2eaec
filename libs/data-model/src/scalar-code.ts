import { TWO_POW_32 } from './address';
import type { FieldType, ScalarKind, ScalarType } from './field';

/* The texts of which accessor classes are made. `view` and `at` are JavaScript expressions. */

const DATA_VIEW_METHOD: Readonly<Record<Exclude<ScalarKind, 'addr64'>, string>> = {
  u8: 'Uint8',
  i8: 'Int8',
  u16: 'Uint16',
  i16: 'Int16',
  u32: 'Uint32',
  i32: 'Int32',
  u64: 'BigUint64',
  i64: 'BigInt64',
};

/** Whether a field holds one number. */
export function isScalar(field: FieldType): field is ScalarType {
  return field.kind in DATA_VIEW_METHOD || field.kind === 'addr64';
}

/** An expression that reads a scalar. */
export function readCode(kind: ScalarKind, view: string, at: string): string {
  return kind === 'addr64'
    ? `${view}.getUint32(${at}, true) + ${view}.getUint32(${at} + 4, true) * ${TWO_POW_32}`
    : `${view}.get${DATA_VIEW_METHOD[kind]}(${at}, true)`;
}

/** An expression that writes `value` to a scalar; it calls `writeAddress`. */
export function writeCode(kind: ScalarKind, view: string, at: string): string {
  return kind === 'addr64'
    ? `writeAddress(${view}, ${at}, value)`
    : `${view}.set${DATA_VIEW_METHOD[kind]}(${at}, value, true)`;
}

/** Writes a number into 64 bits. */
export function writeAddress(view: DataView, at: number, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new RangeError(`${value} is not an address or length below 2^53`);
  }
  view.setUint32(at, value % TWO_POW_32, true);
  view.setUint32(at + 4, Math.floor(value / TWO_POW_32), true);
}
