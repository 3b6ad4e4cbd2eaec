/** How a scalar field lies in memory: little-endian, as on every supported host, but for `be32` and `be64`. */
export type ScalarKind =
  'u8' | 'u16' | 'u32' | 'i8' | 'i16' | 'i32' | 'u64' | 'i64' | 'addr64' | 'be32' | 'be64';

/** A field that holds one number. */
export interface ScalarType<Value extends number | bigint = number | bigint> {
  readonly kind: ScalarKind;
  /** Bytes it takes. */
  readonly size: number;
  /** Its alignment in a C struct, in bytes. */
  readonly align: number;
  /** Never set: carries the JavaScript type of the value. */
  readonly value?: Value;
}

/** A field that holds raw bytes; read as a `Uint8Array` view of the struct's own memory. */
export interface BytesType {
  readonly kind: 'bytes';
  readonly size: number;
  readonly align: 1;
}

/** A field that holds a fixed number of equal elements. */
export interface ArrayType<Element extends FieldType = FieldType> {
  readonly kind: 'array';
  readonly size: number;
  readonly align: number;
  readonly element: Element;
  readonly length: number;
}

/**
 * The open-ended last member of a C struct (`entries[]`): it adds nothing to the struct's size and
 * reaches to the end of the buffer that the accessor is over.
 */
export interface FlexibleType<Element extends FieldType = FieldType> {
  readonly kind: 'flexible';
  readonly size: 0;
  readonly align: number;
  readonly element: Element;
}

/** What every struct and union layout has in common. */
export interface AggregateType {
  readonly kind: 'struct' | 'union';
  readonly name: string;
  readonly size: number;
  readonly align: number;
  readonly fields: Readonly<Record<string, FieldType>>;
  /** The offset of a field from its start, in bytes. */
  offsetOf(field: string): number;
  /** Makes an accessor over `buffer` at `offset`; see `Layout.at`. */
  at(buffer: ArrayBufferLike, offset?: number): object;
}

/** Anything that can be a field of a struct. */
export type FieldType = ScalarType | BytesType | ArrayType | FlexibleType | AggregateType;

function scalar<Value extends number | bigint>(kind: ScalarKind, size: number): ScalarType<Value> {
  return { kind, size, align: size };
}

/** `__u8`, read as a number. */
export const u8 = scalar<number>('u8', 1);
/** `__u16`, read as a number. */
export const u16 = scalar<number>('u16', 2);
/** `__u32`, read as a number. */
export const u32 = scalar<number>('u32', 4);
/** `__s8`, read as a number. */
export const i8 = scalar<number>('i8', 1);
/** `__s16`, read as a number. */
export const i16 = scalar<number>('i16', 2);
/** `__s32`, read as a number. */
export const i32 = scalar<number>('i32', 4);
/** `__u64`, read as a bigint: registers, MSRs, features. */
export const u64 = scalar<bigint>('u64', 8);
/** `__s64`, read as a bigint. */
export const i64 = scalar<bigint>('i64', 8);
/** `__u64` that holds an address or a length, read as a number; writing 2^53 or more throws. */
export const addr64 = scalar<number>('addr64', 8);
/** `__be32`, read as a number: what files and networks have. */
export const be32 = scalar<number>('be32', 4);
/** `__be64` that holds an offset or a length, read as a number; writing 2^53 or more throws. */
export const be64 = scalar<number>('be64', 8);

/** `size` raw bytes (`__u8 name[size]`). */
export function bytes(size: number): BytesType {
  return { kind: 'bytes', size, align: 1 };
}

/** `element name[length]`. */
export function array<Element extends FieldType>(
  element: Element,
  length: number,
): ArrayType<Element> {
  return { kind: 'array', size: element.size * length, align: element.align, element, length };
}

/** `element name[]`, the last member of a struct. */
export function flexible<Element extends FieldType>(element: Element): FlexibleType<Element> {
  return { kind: 'flexible', size: 0, align: element.align, element };
}
