import { newElements } from './elements';
import type { FieldType } from './field';
import { isScalar, readCode, writeAddress, writeCode } from './scalar-code';

/*
 * Accessor classes are generated, one class text a struct. Closures made in a loop would share one
 * set of type feedback between all structs, become megamorphic, and cost several times as much.
 */

/** A generated accessor class. */
export type AccessorClass = new (view: DataView, base: number) => object;

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** The accessor's own state is called `$view` and `$base`, which no C field can be. */
const RESERVED = new Set(['rebase', 'constructor', 'buffer']);

/** Elements of a list that begins at `at`: as many as it was declared with, or as the view has room. */
function lengthCode(field: FieldType, at: string): string {
  if (field.kind === 'array') {
    return `${field.length}`;
  }
  const { size } = field.kind === 'flexible' ? field.element : field;
  return `Math.max(0, Math.floor((this.$view.byteLength - (${at})) / ${size}))`;
}

/** The accessor of field `name`, which lies at `offset` and is `types[index]` of the class. */
function fieldCode(name: string, field: FieldType, offset: number, index: number): string {
  const at = `this.$base + ${offset}`;
  if (isScalar(field)) {
    return `
      get ${name}() { const at = ${at}; return ${readCode(field.kind, 'this.$view', 'at')}; }
      set ${name}(value) { const at = ${at}; ${writeCode(field.kind, 'this.$view', 'at')}; }`;
  }
  switch (field.kind) {
    case 'bytes':
      return `
      get ${name}() {
        return new Uint8Array(this.$view.buffer, this.$view.byteOffset + ${at}, ${field.size});
      }`;
    case 'array':
    case 'flexible':
      return `
      #${name} = undefined;
      get ${name}() {
        this.#${name} ??= newElements(this.$view, types[${index}].element);
        return this.#${name}.place(${at}, ${lengthCode(field, at)});
      }`;
    default:
      return `
      #${name} = undefined;
      get ${name}() {
        this.#${name} ??= types[${index}].over(this.$view, ${at});
        return this.#${name}.rebase(${at});
      }`;
  }
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
    const { writeAddress, newElements, types } = runtime;
    return class ${name} {
      constructor(view, base) { this.$view = view; this.$base = base; }
      rebase(base) { this.$base = base; return this; }
      ${members.join('')}
    };`;
  // The text holds nothing but names that were checked and numbers computed here.
  const make = new Function('runtime', text) as (runtime: object) => AccessorClass;
  return make({ writeAddress, newElements, types: entries.map(([, type]) => type) });
}
