import type {
  AggregateType,
  ArrayType,
  BytesType,
  FieldType,
  FlexibleType,
  ScalarType,
} from './field';

/** Indexed access to the elements of an array field. */
export interface ElementsOf<Value> {
  /** Elements that the buffer has room for. */
  readonly length: number;
  /**
   * Reads element `index`. For elements that are structs this is one accessor that is moved, so
   * use it before the next call.
   * @throws RangeError if `index` is out of range
   */
  get(index: number): Value;
}

/** Indexed access to an array of scalars, which can also be written. */
export interface ScalarElements<Value> extends ElementsOf<Value> {
  /**
   * Writes element `index`.
   * @throws RangeError if `index` is out of range
   */
  set(index: number, value: Value): void;
}

type ElementAccess<Element> =
  Element extends ScalarType<infer Value>
    ? ScalarElements<Value>
    : ElementsOf<FieldAccess<Element>>;

/** What reading a field of type `Field` gives. */
export type FieldAccess<Field> =
  Field extends ScalarType<infer Value>
    ? Value
    : Field extends BytesType
      ? Uint8Array
      : Field extends ArrayType<infer Element>
        ? ElementAccess<Element>
        : Field extends FlexibleType<infer Element>
          ? ElementAccess<Element>
          : Field extends AggregateType
            ? Accessor<Field['fields']>
            : never;

type ScalarKeys<Fields> = {
  [K in keyof Fields]: Fields[K] extends ScalarType ? K : never;
}[keyof Fields];

/** Where an accessor is, and how it moves. */
export interface Cursor {
  /** Offset of the struct in its buffer, in bytes. Named so that no C field can clash. */
  readonly $base: number;
  /** Moves the accessor to another offset of the same buffer, without allocation. */
  rebase(base: number): this;
}

/** Named access to the fields of a struct that lies in a buffer. */
export type Accessor<Fields> = Cursor & {
  -readonly [K in ScalarKeys<Fields>]: FieldAccess<Fields[K]>;
} & {
  readonly [K in Exclude<keyof Fields, ScalarKeys<Fields>>]: FieldAccess<Fields[K]>;
};

/** Values to fill a struct with; what is left out is zero. */
export type Init<Field> =
  Field extends ScalarType<infer Value>
    ? Value
    : Field extends BytesType
      ? Uint8Array
      : Field extends ArrayType<infer Element>
        ? readonly Init<Element>[]
        : Field extends FlexibleType<infer Element>
          ? readonly Init<Element>[]
          : Field extends AggregateType
            ? { readonly [K in keyof Field['fields']]?: Init<Field['fields'][K]> }
            : never;

/** Values to fill a struct of these fields with; what is left out is zero. */
export type StructInit<Fields extends Readonly<Record<string, FieldType>>> = {
  readonly [K in keyof Fields]?: Init<Fields[K]>;
};
