import type { AggregateType, FieldType } from '../field';
import type { Ioctl } from '../ioctl';

/**
 * What is to be known about a binary interface, one line a name:
 * `kvm_regs` -> `144 bytes`, `kvm_regs.rip` -> `8 bytes at 128`, `KVM_RUN` -> `0xae80`.
 */
export type AbiFacts = Readonly<Record<string, string>>;

/** A fact and the C expressions that give its numbers. */
export interface AbiEntry {
  /** The key in `AbiFacts`. */
  readonly name: string;
  /** What the declaration says. */
  readonly fact: string;
  /** C expressions: one for a value or a size, two for size and offset of a field. */
  readonly expressions: readonly string[];
  /** Makes the fact from the values of the expressions. */
  readonly format: (values: readonly bigint[]) => string;
}

const value = ([number = 0n]: readonly bigint[]): string => `0x${number.toString(16)}`;
const size = ([bytes = 0n]: readonly bigint[]): string => `${bytes.toString()} bytes`;
const field = ([bytes = 0n, offset = 0n]: readonly bigint[]): string =>
  `${bytes.toString()} bytes at ${offset.toString()}`;

function isLayout(candidate: unknown): candidate is AggregateType {
  const kind = (candidate as { kind?: unknown } | null)?.kind;
  return kind === 'struct' || kind === 'union';
}

function isIoctl(candidate: unknown): candidate is Ioctl {
  return typeof (candidate as { request?: unknown } | null)?.request === 'number';
}

/** Where a walk through the members of a struct is. */
interface Place {
  /** The struct's name in C. */
  readonly root: string;
  /** The designator of the aggregate inside it, with a dot at its end; empty at the root. */
  readonly prefix: string;
  readonly offset: number;
}

class Walk {
  readonly entries: AbiEntry[] = [];

  constructor(
    private readonly exported: ReadonlySet<string>,
    private readonly anonymous: ReadonlySet<string>,
  ) {}

  struct(layout: AggregateType): void {
    const expressions = [`sizeof(${layout.kind} ${layout.name})`];
    const fact = size([BigInt(layout.size)]);
    this.entries.push({ name: layout.name, fact, expressions, format: size });
    this.members(layout, { root: `${layout.kind} ${layout.name}`, prefix: '', offset: 0 });
  }

  private members(layout: AggregateType, place: Place): void {
    for (const [name, type] of Object.entries(layout.fields)) {
      const offset = place.offset + (layout as AggregateType & OffsetOf).offsetOf(name);
      if (this.anonymous.has(`${layout.name}.${name}`) && isLayout(type)) {
        this.members(type, { ...place, offset });
      } else {
        this.member(type, place.prefix + name, { ...place, offset });
      }
    }
  }

  private member(type: FieldType, designator: string, place: Place): void {
    // sizeof() does not work on a flexible member, so its first element stands for it.
    const measured = type.kind === 'flexible' ? `${designator}[0]` : designator;
    const bytes = type.kind === 'flexible' ? type.element.size : type.size;
    const expressions = [
      `sizeof(((${place.root} *)0)->${measured})`,
      `offsetof(${place.root}, ${measured})`,
    ];
    const fact = field([BigInt(bytes), BigInt(place.offset)]);
    const name = `${place.root.replace(/^\w+ /, '')}.${designator}`;
    this.entries.push({ name, fact, expressions, format: field });

    const isList = type.kind === 'array' || type.kind === 'flexible';
    const inner = isList ? type.element : type;
    if (isLayout(inner) && !this.exported.has(inner.name)) {
      this.members(inner, { ...place, prefix: `${designator}${isList ? '[0]' : ''}.` });
    }
  }
}

interface OffsetOf {
  offsetOf(name: string): number;
}

/**
 * Everything that C headers can say about what a package exports: its layouts with all members,
 * its ioctls and its numeric constants. Functions and types are passed over.
 *
 * @param exports the namespace of the package, as `import * as` gives it
 * @param anonymous members (`struct.member`) that have a name here but none in C
 */
export function abiEntries(exports: object, anonymous: readonly string[] = []): AbiEntry[] {
  const named = Object.entries(exports) as [string, unknown][];
  const layouts = named.map(([, item]) => item).filter(isLayout);
  const walk = new Walk(new Set(layouts.map(({ name }) => name)), new Set(anonymous));
  for (const [name, item] of named) {
    if (isLayout(item)) {
      walk.struct(item);
    } else {
      const number = isIoctl(item) ? item.request : item;
      if (typeof number === 'number' || typeof number === 'bigint') {
        const fact = value([BigInt(number)]);
        walk.entries.push({ name, fact, expressions: [name], format: value });
      }
    }
  }
  return walk.entries;
}

/** The facts of these entries as the package declares them. */
export function declaredFacts(entries: readonly AbiEntry[]): AbiFacts {
  return Object.fromEntries(entries.map(({ name, fact }) => [name, fact]));
}
