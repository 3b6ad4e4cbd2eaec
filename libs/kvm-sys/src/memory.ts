import {
  addr64,
  array,
  bytes,
  flexible,
  io,
  iow,
  iowr,
  struct,
  u32,
  u64,
} from '@crosvm/data-model';

import { KVMIO } from './kvmio';

/** A slot of guest memory that lies in this process; `memory_size` 0 removes the slot. */
export const kvm_userspace_memory_region = struct('kvm_userspace_memory_region', {
  slot: u32,
  flags: u32,
  guest_phys_addr: addr64,
  memory_size: addr64,
  userspace_addr: addr64,
});

/** Like `kvm_userspace_memory_region`, with private memory from a guest_memfd. Linux 6.8. */
export const kvm_userspace_memory_region2 = struct('kvm_userspace_memory_region2', {
  slot: u32,
  flags: u32,
  guest_phys_addr: addr64,
  memory_size: addr64,
  userspace_addr: addr64,
  guest_memfd_offset: addr64,
  guest_memfd: u32,
  pad1: u32,
  pad2: array(u64, 14),
});

/** Memory region flag: note which pages the guest writes, for KVM_GET_DIRTY_LOG. */
export const KVM_MEM_LOG_DIRTY_PAGES = 1;
/** Memory region flag: writes of the guest become KVM_EXIT_MMIO. KVM_CAP_READONLY_MEM. */
export const KVM_MEM_READONLY = 2;
/** Memory region flag: private memory from a guest_memfd. Linux 6.8. */
export const KVM_MEM_GUEST_MEMFD = 4;

/** Where KVM_GET_DIRTY_LOG writes its bitmap: one bit a page, whole 64-bit words. */
export const kvm_dirty_log = struct('kvm_dirty_log', {
  slot: u32,
  padding1: u32,
  dirty_bitmap: addr64,
});

/** Which pages to clear in the dirty log: `first_page` and `num_pages` are multiples of 64. */
export const kvm_clear_dirty_log = struct('kvm_clear_dirty_log', {
  slot: u32,
  num_pages: u32,
  first_page: addr64,
  dirty_bitmap: addr64,
});

/** KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2: reading the log does not clear it, KVM_CLEAR_DIRTY_LOG does. */
export const KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE = 1;
/** KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2: all pages count as dirty at first. */
export const KVM_DIRTY_LOG_INITIALLY_SET = 2;

/** An entry of a vCPU's dirty ring. */
export const kvm_dirty_gfn = struct('kvm_dirty_gfn', {
  flags: u32,
  slot: u32,
  offset: addr64,
});

/** `kvm_dirty_gfn.flags`: the entry is to be harvested. */
export const KVM_DIRTY_GFN_F_DIRTY = 1;
/** `kvm_dirty_gfn.flags`: the entry was harvested. */
export const KVM_DIRTY_GFN_F_RESET = 2;
/** All flags of `kvm_dirty_gfn`. */
export const KVM_DIRTY_GFN_F_MASK = 3;
/** Page of the vCPU fd at which the dirty ring is mapped. */
export const KVM_DIRTY_LOG_PAGE_OFFSET = 64;

/** A range whose writes KVM may collect in the coalesced ring instead of exiting. */
export const kvm_coalesced_mmio_zone = struct('kvm_coalesced_mmio_zone', {
  addr: addr64,
  size: u32,
  pio: u32,
});

/** A write in the coalesced ring. */
export const kvm_coalesced_mmio = struct('kvm_coalesced_mmio', {
  phys_addr: addr64,
  len: u32,
  pio: u32,
  data: bytes(8),
});

/** The coalesced ring, in page KVM_COALESCED_MMIO_PAGE_OFFSET of every vCPU's mapping. */
export const kvm_coalesced_mmio_ring = struct('kvm_coalesced_mmio_ring', {
  first: u32,
  last: u32,
  coalesced_mmio: flexible(kvm_coalesced_mmio),
});

/** Page of a vCPU's mapping with the data of string I/O. */
export const KVM_PIO_PAGE_OFFSET = 1;
/** Page of a vCPU's mapping with the coalesced ring. */
export const KVM_COALESCED_MMIO_PAGE_OFFSET = 2;

/** VM fd: reads the bitmap of pages written since the last call. */
export const KVM_GET_DIRTY_LOG = iow('KVM_GET_DIRTY_LOG', KVMIO, 0x42, kvm_dirty_log);
/** VM fd: how many pages the shadow page tables may take. */
export const KVM_SET_NR_MMU_PAGES = io('KVM_SET_NR_MMU_PAGES', KVMIO, 0x44);
/** VM fd: how many pages the shadow page tables may take. */
export const KVM_GET_NR_MMU_PAGES = io('KVM_GET_NR_MMU_PAGES', KVMIO, 0x45);
/** VM fd: adds, moves, changes or removes a memory slot. */
export const KVM_SET_USER_MEMORY_REGION = iow(
  'KVM_SET_USER_MEMORY_REGION',
  KVMIO,
  0x46,
  kvm_userspace_memory_region,
);
/** VM fd: where Intel's three pages for real mode are, in a hole below 4 GiB. */
export const KVM_SET_TSS_ADDR = io('KVM_SET_TSS_ADDR', KVMIO, 0x47);
/** VM fd: where Intel's page table page for real mode is; before the first vCPU. */
export const KVM_SET_IDENTITY_MAP_ADDR = iow('KVM_SET_IDENTITY_MAP_ADDR', KVMIO, 0x48, 8);
/** VM fd: like KVM_SET_USER_MEMORY_REGION. KVM_CAP_USER_MEMORY2. */
export const KVM_SET_USER_MEMORY_REGION2 = iow(
  'KVM_SET_USER_MEMORY_REGION2',
  KVMIO,
  0x49,
  kvm_userspace_memory_region2,
);
/** VM fd. KVM_CAP_COALESCED_MMIO, KVM_CAP_COALESCED_PIO. */
export const KVM_REGISTER_COALESCED_MMIO = iow(
  'KVM_REGISTER_COALESCED_MMIO',
  KVMIO,
  0x67,
  kvm_coalesced_mmio_zone,
);
/** VM fd. KVM_CAP_COALESCED_MMIO, KVM_CAP_COALESCED_PIO. */
export const KVM_UNREGISTER_COALESCED_MMIO = iow(
  'KVM_UNREGISTER_COALESCED_MMIO',
  KVMIO,
  0x68,
  kvm_coalesced_mmio_zone,
);
/** VM fd: marks pages as clean. KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2. */
export const KVM_CLEAR_DIRTY_LOG = iowr('KVM_CLEAR_DIRTY_LOG', KVMIO, 0xc0, kvm_clear_dirty_log);
/** VM fd: gives harvested entries of all dirty rings back; answers how many. */
export const KVM_RESET_DIRTY_RINGS = io('KVM_RESET_DIRTY_RINGS', KVMIO, 0xc7);
