import type { Accessor, Allocated, FieldType, Ioctl, Layout } from '@crosvm/data-model';
import { ioctl } from '@crosvm/sys-util';

/** A struct to hand to KVM: its bytes, or an accessor with a buffer of its own. */
export type StructArgument = Uint8Array | Allocated;

/** The bytes of a struct. */
export function bytesOf(argument: StructArgument): Uint8Array {
  return argument instanceof Uint8Array ? argument : argument.buffer;
}

/** A struct that KVM filled, in a buffer of its own. */
export type Filled<Fields extends Readonly<Record<string, FieldType>>> = Accessor<Fields> &
  Allocated;

/**
 * Makes a zeroed struct and has an ioctl fill it.
 * @throws SysError as the ioctl
 */
export function fill<Fields extends Readonly<Record<string, FieldType>>>(
  fd: number,
  def: Ioctl,
  layout: Layout<Fields>,
): Filled<Fields> {
  const struct = layout.allocate();
  ioctl(fd, def, struct.buffer);
  return struct;
}
