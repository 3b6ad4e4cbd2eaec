import type { AggregateType } from './field';

/** An ioctl: its number and what its argument is. Source: include/uapi/asm-generic/ioctl.h. */
export interface Ioctl {
  readonly name: string;
  /** The encoded request number, an unsigned 32-bit integer. */
  readonly request: number;
  /** Bytes of the argument as encoded in the number; 0 where it is passed by value. */
  readonly size: number;
}

/** A struct layout, or a number of bytes where the argument is a plain integer. */
export type IoctlArgument = AggregateType | number;

interface Parts {
  readonly dir: number;
  readonly group: number;
  readonly nr: number;
  readonly size: number;
}

const NRBITS = 8;
const TYPEBITS = 8;
const SIZEBITS = 14;
const TYPESHIFT = NRBITS;
const SIZESHIFT = TYPESHIFT + TYPEBITS;
const DIRSHIFT = SIZESHIFT + SIZEBITS;
const DIR_NONE = 0;
const DIR_WRITE = 1;
const DIR_READ = 2;

function encode(name: string, parts: Parts): Ioctl {
  const { dir, group, nr, size } = parts;
  if (size >= 1 << SIZEBITS || group > 0xff || nr > 0xff) {
    throw new RangeError(`${name} cannot be encoded`);
  }
  const request = ((dir << DIRSHIFT) | (size << SIZESHIFT) | (group << TYPESHIFT) | nr) >>> 0;
  return { name, request, size };
}

function sizeOf(argument: IoctlArgument): number {
  return typeof argument === 'number' ? argument : argument.size;
}

/** `_IO(group, nr)`: no argument, or one passed by value. */
export function io(name: string, group: number, nr: number): Ioctl {
  return encode(name, { dir: DIR_NONE, group, nr, size: 0 });
}

/** `_IOR(group, nr, argument)`: the kernel fills the argument. */
export function ior(name: string, group: number, nr: number, argument: IoctlArgument): Ioctl {
  return encode(name, { dir: DIR_READ, group, nr, size: sizeOf(argument) });
}

/** `_IOW(group, nr, argument)`: the kernel reads the argument. */
export function iow(name: string, group: number, nr: number, argument: IoctlArgument): Ioctl {
  return encode(name, { dir: DIR_WRITE, group, nr, size: sizeOf(argument) });
}

/** `_IOWR(group, nr, argument)`: the kernel reads and fills the argument. */
export function iowr(name: string, group: number, nr: number, argument: IoctlArgument): Ioctl {
  return encode(name, { dir: DIR_READ | DIR_WRITE, group, nr, size: sizeOf(argument) });
}
