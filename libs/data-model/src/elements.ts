import type { ElementsOf } from './accessor';
import type { FieldType } from './field';
import { isScalar, readCode, writeAddress, writeCode } from './scalar-code';

/** Access to the elements of a list, which can be put over another list of the same type. */
interface Elements extends ElementsOf<unknown> {
  /** Puts it over `length` elements at `base` of its view, without allocation. */
  place(base: number, length: number): this;
}

type ElementsClass = new (view: DataView) => Elements;

/** One class for all lists of a type, as for structs: it has type feedback of its own. */
const classes = new WeakMap<FieldType, ElementsClass>();

/** Access to a list of `element` in `view`; call `place` before anything else. */
export function newElements(view: DataView, element: FieldType): Elements {
  let Elements = classes.get(element);
  if (Elements === undefined) {
    Elements = makeClass(element);
    classes.set(element, Elements);
  }
  return new Elements(view);
}

function outOfRange(index: number, length: number): never {
  throw new RangeError(`element ${index} of ${length}`);
}

function refuse(): never {
  throw new TypeError('write the parts of the element instead');
}

/** An expression for the element at offset `at`. */
function getCode(element: FieldType): string {
  if (isScalar(element)) {
    return readCode(element.kind, 'this.$view', 'at');
  }
  switch (element.kind) {
    case 'bytes':
      return 'new Uint8Array(this.$view.buffer, this.$view.byteOffset + at, element.size)';
    case 'array':
    case 'flexible':
      return '(this.$inner ??= newElements(this.$view, element.element)).place(at, element.length)';
    default:
      return '(this.$inner ??= element.over(this.$view, at)).rebase(at)';
  }
}

function makeClass(element: FieldType): ElementsClass {
  const setCode = isScalar(element) ? writeCode(element.kind, 'this.$view', 'at') : 'refuse()';
  const text = `'use strict';
    const { element, newElements, outOfRange, refuse, writeAddress } = runtime;
    return class Elements {
      constructor(view) {
        this.$view = view;
        this.$base = 0;
        this.$inner = undefined;
        this.length = 0;
      }
      place(base, length) { this.$base = base; this.length = length; return this; }
      $at(index) {
        // Finds what is negative, fractional or no number, too.
        if (index >>> 0 !== index || index >= this.length) outOfRange(index, this.length);
        return this.$base + index * ${element.size};
      }
      get(index) { const at = this.$at(index); return ${getCode(element)}; }
      set(index, value) { const at = this.$at(index); ${setCode}; }
    };`;
  // The text holds nothing but numbers computed here.
  const make = new Function('runtime', text) as (runtime: object) => ElementsClass;
  return make({ element, newElements, outOfRange, refuse, writeAddress });
}
