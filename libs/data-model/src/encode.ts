import { fits } from './address';
import type { AggregateType, ArrayType, FieldType, FlexibleType, ScalarKind } from './field';
import { writeAddress } from './scalar-code';

/** Writes one scalar at a byte of a view. */
type WriteScalar = (view: DataView, at: number, value: never) => void;

const WRITE: Readonly<Record<ScalarKind, WriteScalar>> = {
  u8: (view, at, value) => view.setUint8(at, value),
  i8: (view, at, value) => view.setInt8(at, value),
  u16: (view, at, value) => view.setUint16(at, value, true),
  i16: (view, at, value) => view.setInt16(at, value, true),
  u32: (view, at, value) => view.setUint32(at, value, true),
  i32: (view, at, value) => view.setInt32(at, value, true),
  u64: (view, at, value) => view.setBigUint64(at, value, true),
  i64: (view, at, value) => view.setBigInt64(at, value, true),
  addr64: (view, at, value) => writeAddress(view, at, value, 'addr64'),
  be32: (view, at, value) => view.setUint32(at, value, false),
  be64: (view, at, value) => writeAddress(view, at, value, 'be64'),
};

/**
 * Writes these values as a struct at byte `at`, as deep as they go. It does without the struct's
 * accessor class, which takes longer to make than a struct to be written: at a start most structs are
 * written once.
 * @throws TypeError if there is no field of a name, or its value is no number or bigint as it has to be
 * @throws RangeError if there are more bytes or elements than there is room for
 */
export function encode(
  view: DataView,
  at: number,
  type: AggregateType,
  values: Readonly<Record<string, unknown>>,
): void {
  for (const [name, value] of Object.entries(values)) {
    const field = type.fields[name];
    if (field === undefined) {
      throw new TypeError(`no field '${name}'`);
    }
    if (value !== undefined) {
      encodeField({ view, at: at + type.offsetOf(name), name }, field, value);
    }
  }
}

/** Where a field is. */
interface Place {
  readonly view: DataView;
  readonly at: number;
  readonly name: string;
}

function encodeField(place: Place, field: FieldType, value: unknown): void {
  const { view, at, name } = place;
  switch (field.kind) {
    case 'struct':
    case 'union':
      encode(view, at, field, value as Readonly<Record<string, unknown>>);
      break;
    case 'bytes': {
      const source = value as Uint8Array;
      if (source.length > field.size) {
        throw new RangeError(`${source.length} bytes do not fit into '${name}' of ${field.size}`);
      }
      new Uint8Array(view.buffer, view.byteOffset + at, field.size).set(source);
      break;
    }
    case 'array':
    case 'flexible':
      encodeElements(place, field, value as readonly unknown[]);
      break;
    default:
      WRITE[field.kind](view, at, value as never);
  }
}

function encodeElements(
  { view, at, name }: Place,
  field: ArrayType | FlexibleType,
  values: readonly unknown[],
): void {
  const { element } = field;
  const room = field.kind === 'array' ? field.size : view.byteLength - at;
  if (!fits(0, values.length * element.size, room)) {
    throw new RangeError(`${values.length} elements do not fit into '${name}'`);
  }
  values.forEach((value, index) => {
    encodeField({ view, at: at + index * element.size, name }, element, value);
  });
}
