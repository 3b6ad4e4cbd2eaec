import type { Ioctl } from '@crosvm/data-model';
import { KVM_GET_MSRS, KVM_SET_MSRS, kvm_msr_list, kvm_msrs } from '@crosvm/kvm-sys';
import { Errno, ioctl, SysError } from '@crosvm/sys-util';

/** A model-specific register and its value. */
export interface MsrEntry {
  readonly index: number;
  readonly data: bigint;
}

/** Most entries that KVM takes in one call: fewer than MAX_IO_MSRS of arch/x86/kvm/x86.c. */
const MAX_MSRS = 255;

function chunks<Item>(items: readonly Item[]): (readonly Item[])[] {
  const count = Math.ceil(items.length / MAX_MSRS);
  return Array.from({ length: count }, (_, index) =>
    items.slice(index * MAX_MSRS, (index + 1) * MAX_MSRS),
  );
}

const hex = (value: number | bigint): string => `0x${value.toString(16)}`;

/**
 * Reads MSRs of a vCPU, or feature MSRs where `fd` is the system fd.
 * @throws Error that names the first MSR that KVM would not read
 * @throws SysError as the ioctl
 */
export function readMsrs(fd: number, indices: readonly number[]): MsrEntry[] {
  return chunks(indices).flatMap((part) => {
    const entries = part.map((index) => ({ index }));
    const bytes = kvm_msrs.from({ nmsrs: part.length, entries });
    const done = ioctl(fd, KVM_GET_MSRS, bytes);
    const refused = part[done];
    if (refused !== undefined) {
      throw new Error(`KVM does not read MSR ${hex(refused)}`);
    }
    const list = kvm_msrs.at(bytes.buffer, bytes.byteOffset);
    return part.map((index, position) => ({ index, data: list.entries.get(position).data }));
  });
}

/**
 * Sets MSRs of a vCPU, in order.
 * @throws Error that names the first MSR that KVM would not set; those before it are set
 * @throws SysError as the ioctl
 */
export function writeMsrs(fd: number, msrs: readonly MsrEntry[]): void {
  for (const part of chunks(msrs)) {
    const bytes = kvm_msrs.from({ nmsrs: part.length, entries: part });
    const refused = part[ioctl(fd, KVM_SET_MSRS, bytes)];
    if (refused !== undefined) {
      throw new Error(`KVM does not set MSR ${hex(refused.index)} to ${hex(refused.data)}`);
    }
  }
}

/**
 * Reads a list of MSR indices; asked without room, KVM answers E2BIG and how many there are.
 * @throws SysError as the ioctl
 */
export function readMsrIndices(fd: number, def: Ioctl): number[] {
  const probe = kvm_msr_list.allocate();
  try {
    ioctl(fd, def, probe.buffer);
    return [];
  } catch (error) {
    if (!(error instanceof SysError) || error.errno !== Errno.E2BIG) {
      throw error;
    }
  }
  const list = kvm_msr_list.allocate(probe.nmsrs * 4);
  list.nmsrs = probe.nmsrs;
  ioctl(fd, def, list.buffer);
  return Array.from({ length: list.nmsrs }, (_, index) => list.indices.get(index));
}
