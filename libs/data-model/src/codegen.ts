import { TWO_POW_32 } from './address';
import type { ElementsOf } from './accessor';
import type { AggregateType, FieldType, ScalarKind, ScalarType } from './field';

/*
 * Accessor classes are generated, one class text a struct. Closures made in a loop would share one
 * set of type feedback between all structs, become megamorphic, and cost several times as much.
 */

/** What the generated code may call. */
interface Runtime {
  writeAddress(view: DataView, at: number, value: number): void;
  elements(view: DataView, base: number, field: FieldType): ElementsOf<unknown>;
  types: readonly FieldType[];
}

/** A generated accessor class. */
export type AccessorClass = new (view: DataView, base: number) => object;

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** The accessor's own state is called `$view` and `$base`, which no C field can be. */
const RESERVED = new Set(['rebase', 'constructor', 'buffer']);

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

function writeAddress(view: DataView, at: number, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new RangeError(`${value} is not an address or length below 2^53`);
  }
  view.setUint32(at, value % TWO_POW_32, true);
  view.setUint32(at + 4, Math.floor(value / TWO_POW_32), true);
}

function isScalar(field: FieldType): field is ScalarType {
  return field.kind in DATA_VIEW_METHOD || field.kind === 'addr64';
}

function scalarCode(name: string, kind: ScalarKind, offset: number): string {
  const at = `this.$base + ${offset}`;
  if (kind === 'addr64') {
    return `
      get ${name}() {
        const at = ${at};
        return this.$view.getUint32(at, true) + this.$view.getUint32(at + 4, true) * ${TWO_POW_32};
      }
      set ${name}(value) { writeAddress(this.$view, ${at}, value); }`;
  }
  const method = DATA_VIEW_METHOD[kind];
  return `
      get ${name}() { return this.$view.get${method}(${at}, true); }
      set ${name}(value) { this.$view.set${method}(${at}, value, true); }`;
}

function fieldCode(name: string, field: FieldType, offset: number, index: number): string {
  const at = `this.$base + ${offset}`;
  if (isScalar(field)) {
    return scalarCode(name, field.kind, offset);
  }
  if (field.kind === 'bytes') {
    return `
      get ${name}() {
        return new Uint8Array(this.$view.buffer, this.$view.byteOffset + ${at}, ${field.size});
      }`;
  }
  if (field.kind === 'struct' || field.kind === 'union') {
    return `
      #${name} = undefined;
      get ${name}() {
        this.#${name} ??= types[${index}].over(this.$view, 0);
        return this.#${name}.rebase(${at});
      }`;
  }
  return `
      get ${name}() { return elements(this.$view, ${at}, types[${index}]); }`;
}

/**
 * Makes sure that these can name a struct and its fields in generated code.
 * @throws TypeError
 */
export function checkNames(names: readonly string[]): void {
  for (const name of names) {
    if (!IDENTIFIER.test(name) || RESERVED.has(name)) {
      throw new TypeError(`'${name}' cannot name a struct or a field`);
    }
  }
}

/**
 * Makes the accessor class of a struct or union whose fields lie at `offsets`. It takes some tens of
 * microseconds: make it when it is needed.
 * @param name checked by `checkNames`, as the names of the fields
 */
export function accessorClass(
  name: string,
  fields: Readonly<Record<string, FieldType>>,
  offsets: Readonly<Record<string, number>>,
): AccessorClass {
  const entries = Object.entries(fields);
  const members = entries.map(([field, type], index) =>
    fieldCode(field, type, offsets[field] ?? 0, index),
  );
  const text = `'use strict';
    const { writeAddress, elements, types } = runtime;
    return class ${name} {
      constructor(view, base) { this.$view = view; this.$base = base; }
      rebase(base) { this.$base = base; return this; }
      ${members.join('')}
    };`;
  const runtime: Runtime = { writeAddress, elements, types: entries.map(([, type]) => type) };
  // The text holds nothing but names checked above and numbers computed here.
  // eslint-disable-next-line @typescript-eslint/no-implied-eval
  const make = new Function('runtime', text) as (runtime: Runtime) => AccessorClass;
  return make(runtime);
}

/** A layout that can put its accessor over an existing `DataView`. */
interface Overlay extends AggregateType {
  over(view: DataView, base: number): object & { rebase(base: number): object };
}

/** Access to the elements of an array or flexible field that begins at `base`. */
function elements(view: DataView, base: number, field: FieldType): ElementsOf<unknown> {
  if (field.kind !== 'array' && field.kind !== 'flexible') {
    throw new TypeError(`${field.kind} has no elements`);
  }
  const { element } = field;
  const length =
    field.kind === 'array' ? field.length : Math.floor((view.byteLength - base) / element.size);
  const cell = elementCell(view, element);
  const at = (index: number): number => {
    if (!Number.isInteger(index) || index < 0 || index >= length) {
      throw new RangeError(`element ${index} of ${length}`);
    }
    return base + index * element.size;
  };
  const access = {
    length,
    get: (index: number) => cell.read(at(index)),
    set: (index: number, value: unknown) => cell.write(at(index), value),
  };
  return access;
}

interface Cell {
  read(at: number): unknown;
  write(at: number, value: unknown): void;
}

function elementCell(view: DataView, element: FieldType): Cell {
  if (element.kind === 'struct' || element.kind === 'union') {
    const cursor = (element as Overlay).over(view, 0);
    const write = (): never => {
      throw new TypeError('write the fields of the element instead');
    };
    return { read: (at) => cursor.rebase(at), write };
  }
  const Single = accessorClass('element', { value: element }, { value: 0 }) as new (
    view: DataView,
    base: number,
  ) => { value: unknown; rebase(base: number): { value: unknown } };
  const single = new Single(view, 0);
  return {
    read: (at) => single.rebase(at).value,
    write: (at, value) => {
      single.rebase(at).value = value;
    },
  };
}
