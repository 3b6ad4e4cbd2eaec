import { alignUp, fits } from './address';
import type { Accessor, Cursor, StructInit } from './accessor';
import { accessorClass, type AccessorClass, checkNames } from './codegen';
import { encode } from './encode';
import type { AggregateType, FieldType } from './field';

type FieldMap = Readonly<Record<string, FieldType>>;

/** The layout of a C struct or union over bytes. */
export interface Layout<Fields extends FieldMap = FieldMap> extends AggregateType {
  readonly fields: Fields;
  /** The offset of a field from the start of the struct, in bytes. */
  offsetOf(field: keyof Fields & string): number;
  /**
   * An accessor over `buffer` at byte `offset` (default 0). Keep one for a long-lived struct and
   * move it with `rebase` rather than making many.
   * @throws RangeError if the struct does not fit into the buffer there
   */
  at(buffer: ArrayBufferLike, offset?: number): Accessor<Fields>;
  /** Like `at`, over an existing `DataView`; `base` is relative to the view. */
  over(view: DataView, base: number): Accessor<Fields>;
  /** An accessor over a new, zeroed buffer with room for `extra` more bytes behind the struct. */
  allocate(extra?: number): Accessor<Fields> & Allocated;
  /** The bytes of a struct with these values; what is not named is zero. */
  from(init: StructInit<Fields>): Uint8Array;
}

/** An accessor that has a buffer of its own. */
export interface Allocated {
  /** All bytes of the buffer, to hand to a system call. */
  readonly buffer: Uint8Array;
}

interface Placement {
  readonly offsets: Readonly<Record<string, number>>;
  readonly size: number;
  readonly align: number;
}

function placeStruct(fields: FieldMap, packed: boolean): Placement {
  const offsets: Record<string, number> = {};
  let end = 0;
  let align = 1;
  for (const [name, field] of Object.entries(fields)) {
    const fieldAlign = packed ? 1 : field.align;
    end = alignUp(end, fieldAlign);
    offsets[name] = end;
    end += field.size;
    align = Math.max(align, fieldAlign);
  }
  return { offsets, size: alignUp(end, align), align };
}

function placeUnion(fields: FieldMap): Placement {
  const types = Object.values(fields);
  const align = Math.max(1, ...types.map((field) => field.align));
  const size = alignUp(Math.max(0, ...types.map((field) => field.size)), align);
  return { offsets: Object.fromEntries(Object.keys(fields).map((name) => [name, 0])), size, align };
}

/** Bytes that the flexible last member needs for these values. */
function flexibleBytes(fields: FieldMap, init: Readonly<Record<string, unknown>>): number {
  for (const [name, field] of Object.entries(fields)) {
    if (field.kind === 'flexible' && Array.isArray(init[name])) {
      return init[name].length * field.element.size;
    }
  }
  return 0;
}

class AggregateLayout<Fields extends FieldMap> implements Layout<Fields> {
  readonly size: number;
  readonly align: number;
  readonly #offsets: Readonly<Record<string, number>>;
  #Accessor: AccessorClass | undefined;

  constructor(
    readonly kind: 'struct' | 'union',
    readonly name: string,
    readonly fields: Fields,
    placement: Placement,
  ) {
    this.size = placement.size;
    this.align = placement.align;
    this.#offsets = placement.offsets;
    checkNames([name, ...Object.keys(fields)]);
  }

  offsetOf(field: keyof Fields & string): number {
    const offset = this.#offsets[field];
    if (offset === undefined) {
      throw new TypeError(`${this.name} has no field '${field}'`);
    }
    return offset;
  }

  at(buffer: ArrayBufferLike, offset = 0): Accessor<Fields> {
    return this.over(new DataView(buffer), offset);
  }

  over(view: DataView, base: number): Accessor<Fields> {
    if (!fits(base, this.size, view.byteLength)) {
      throw new RangeError(
        `${this.name} (${this.size} bytes) does not fit at ${base} of ${view.byteLength} bytes`,
      );
    }
    this.#Accessor ??= accessorClass(this.name, this.fields, this.#offsets);
    return new this.#Accessor(view, base) as Cursor as Accessor<Fields>;
  }

  allocate(extra = 0): Accessor<Fields> & Allocated {
    const buffer = new Uint8Array(this.size + extra);
    const accessor = this.at(buffer.buffer);
    return Object.defineProperty(accessor, 'buffer', { value: buffer }) as Accessor<Fields> &
      Allocated;
  }

  from(init: StructInit<Fields>): Uint8Array {
    const values = init as Readonly<Record<string, unknown>>;
    const bytes = new Uint8Array(this.size + flexibleBytes(this.fields, values));
    encode(new DataView(bytes.buffer), 0, this, values);
    return bytes;
  }
}

/** How a struct is laid out. */
export interface StructOptions {
  /** No padding at all, as with `__attribute__((packed))`. */
  readonly packed?: boolean;
}

/**
 * Declares a C struct: the fields in order, with C's natural alignment and padding.
 * @throws TypeError if a name is no identifier
 */
export function struct<const Fields extends FieldMap>(
  name: string,
  fields: Fields,
  options: StructOptions = {},
): Layout<Fields> {
  const placement = placeStruct(fields, options.packed ?? false);
  return new AggregateLayout('struct', name, fields, placement);
}

/**
 * Declares a C union: every field at offset 0.
 * @throws TypeError if a name is no identifier
 */
export function union<const Fields extends FieldMap>(name: string, fields: Fields): Layout<Fields> {
  return new AggregateLayout('union', name, fields, placeUnion(fields));
}
