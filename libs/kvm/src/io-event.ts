import type { GuestAddress } from '@crosvm/data-model';
import {
  kvm_ioeventfd,
  KVM_IOEVENTFD_FLAG_DATAMATCH,
  KVM_IOEVENTFD_FLAG_PIO,
} from '@crosvm/kvm-sys';

import type { HasFd } from './fd-ref';

/** Where a write of the guest is an event: a port, or a guest-physical address. */
export type IoEventAddress = { readonly port: number } | { readonly mmio: GuestAddress };

/** A write of the guest that signals an eventfd instead of making the vCPU exit. */
export interface IoEvent {
  /** The eventfd. */
  readonly fd: HasFd;
  readonly at: IoEventAddress;
  /** Bytes of the write; 0 is any length. */
  readonly length: 0 | 1 | 2 | 4 | 8;
  /** Only writes of this value; without it, of any. */
  readonly datamatch?: number | bigint;
}

/** The `kvm_ioeventfd` of an event. */
export function ioEventBytes(event: IoEvent, flags: number): Uint8Array {
  const { fd, at, length, datamatch } = event;
  const pio = 'port' in at;
  return kvm_ioeventfd.from({
    datamatch: BigInt(datamatch ?? 0),
    addr: pio ? at.port : at.mmio,
    len: length,
    fd: fd.raw,
    flags:
      flags |
      (pio ? KVM_IOEVENTFD_FLAG_PIO : 0) |
      (datamatch === undefined ? 0 : KVM_IOEVENTFD_FLAG_DATAMATCH),
  });
}
