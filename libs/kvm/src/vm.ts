import { type GuestAddress, type HostAddress, type Ioctl, PAGE_SIZE } from '@crosvm/data-model';
import {
  KVM_CAP_SPLIT_IRQCHIP,
  KVM_CAP_XSAVE2,
  KVM_CHECK_EXTENSION,
  kvm_clock_data,
  kvm_coalesced_mmio_zone,
  KVM_CREATE_IRQCHIP,
  KVM_CREATE_PIT2,
  KVM_CREATE_VCPU,
  kvm_dirty_log,
  KVM_ENABLE_CAP,
  kvm_enable_cap,
  KVM_GET_CLOCK,
  KVM_GET_DIRTY_LOG,
  KVM_GET_IRQCHIP,
  KVM_GET_PIT2,
  KVM_IOEVENTFD,
  KVM_IOEVENTFD_FLAG_DEASSIGN,
  kvm_irq_level,
  KVM_IRQ_LINE,
  kvm_irqchip,
  KVM_IRQFD,
  kvm_irqfd,
  KVM_IRQFD_FLAG_DEASSIGN,
  KVM_IRQFD_FLAG_RESAMPLE,
  kvm_pit_config,
  kvm_pit_state2,
  KVM_REGISTER_COALESCED_MMIO,
  KVM_SET_BOOT_CPU_ID,
  KVM_SET_CLOCK,
  KVM_SET_GSI_ROUTING,
  KVM_SET_IDENTITY_MAP_ADDR,
  KVM_SET_IRQCHIP,
  KVM_SET_PIT2,
  KVM_SET_TSS_ADDR,
  KVM_SET_USER_MEMORY_REGION,
  KVM_SIGNAL_MSI,
  kvm_userspace_memory_region,
} from '@crosvm/kvm-sys';
import { ioctl, Mapping, OwnedFd } from '@crosvm/sys-util';

import { BorrowedFd, type FdRef, type HasFd } from './fd-ref';
import { type GsiRoute, type MsiMessage, msiBytes, routingBytes } from './gsi-route';
import { type IoEvent, type IoEventAddress, ioEventBytes } from './io-event';
import { bytesOf, fill, type Filled, type StructArgument } from './struct-argument';
import { Vcpu } from './vcpu';

/** Memory of this process to show to the guest: a region of a `GuestMemory` has this shape. */
export interface MemorySlot {
  /** Where the guest sees it, a multiple of the page size. */
  readonly at: GuestAddress;
  /** Bytes, whole pages. */
  readonly size: number;
  /** Where it is in this process, a multiple of the page size. */
  readonly host: HostAddress;
}

/** A virtual machine. */
export class Vm implements Disposable, HasFd {
  private constructor(
    private readonly fd: FdRef,
    private readonly vcpuMmapSize: number,
  ) {}

  /** A VM over a descriptor that it owns from now on; `Kvm.createVm` does this. */
  static adopt(fd: OwnedFd, vcpuMmapSize: number): Vm {
    return new Vm(fd, vcpuMmapSize);
  }

  /**
   * A VM that another thread of this process owns, by the number of its descriptor.
   * The owner keeps it open as long as this one is used.
   * @param vcpuMmapSize what `Kvm.vcpuMmapSize` says
   */
  static fromRaw(raw: number, vcpuMmapSize: number): Vm {
    return new Vm(new BorrowedFd(raw), vcpuMmapSize);
  }

  /** The VM's descriptor. @throws Error after `close` */
  get raw(): number {
    return this.fd.raw;
  }

  /** Like `Kvm.checkExtension`, for what this VM can do. */
  checkExtension(capability: number): number {
    return ioctl(this.raw, KVM_CHECK_EXTENSION, capability);
  }

  /**
   * Switches a capability on; what the arguments mean is the capability's own.
   * @throws SysError EINVAL
   */
  enableCap(capability: number, args: readonly bigint[] = [], flags = 0): void {
    this.#call(KVM_ENABLE_CAP, kvm_enable_cap.from({ cap: capability, flags, args }));
  }

  /**
   * Makes vCPU `id`. The thread that runs it should make it.
   * @throws SysError EEXIST, EINVAL if the id is too large or the VM has too many
   */
  createVcpu(id: number): Vcpu {
    return Vcpu.adopt(OwnedFd.adopt(ioctl(this.raw, KVM_CREATE_VCPU, id)), this.vcpuMmapSize);
  }

  /**
   * Which vCPU is the bootstrap processor, 0 if never called; before the first vCPU is made.
   * @throws SysError EBUSY if there is a vCPU
   */
  setBootCpuId(id: number): void {
    ioctl(this.raw, KVM_SET_BOOT_CPU_ID, id);
  }

  // Memory.

  /**
   * Shows memory of this process to the guest as slot `slot`, or changes a slot's flags or place.
   * The caller keeps it mapped while the VM lives: the guest uses it directly.
   * @param flags KVM_MEM_LOG_DIRTY_PAGES, KVM_MEM_READONLY
   * @throws SysError EEXIST if slots overlap, EINVAL if anything is not whole pages
   */
  setUserMemoryRegion(slot: number, { at, size, host }: MemorySlot, flags = 0): void {
    // SAFETY: whoever owns the mapping keeps it, by the contract above.
    this.#call(
      KVM_SET_USER_MEMORY_REGION,
      kvm_userspace_memory_region.from({
        slot,
        flags,
        guest_phys_addr: at,
        memory_size: size,
        userspace_addr: host,
      }),
    );
  }

  /**
   * Takes slot `slot` away from the guest.
   * @throws SysError EINVAL if there is no such slot
   */
  removeUserMemoryRegion(slot: number): void {
    this.#call(KVM_SET_USER_MEMORY_REGION, kvm_userspace_memory_region.from({ slot }));
  }

  /**
   * Which pages of a slot the guest wrote since the last call: bit `n % 8` of byte `n / 8` is page
   * `n`. The slot was set with KVM_MEM_LOG_DIRTY_PAGES.
   * @param size bytes of the slot
   * @throws SysError ENOENT if the slot has no log
   */
  getDirtyLog(slot: number, size: number): Uint8Array {
    // KVM writes whole 64-bit words.
    const length = Math.ceil(size / PAGE_SIZE / 64) * 8;
    // A mapping, because KVM wants the bitmap's address inside a struct.
    using bitmap = Mapping.anonymous(length);
    // SAFETY: KVM writes `length` bytes during the call only.
    this.#call(KVM_GET_DIRTY_LOG, kvm_dirty_log.from({ slot, dirty_bitmap: bitmap.address }));
    return bitmap.bytes.slice(0, length);
  }

  /**
   * Where Intel CPUs may put three pages that real mode needs, below 4 GiB and outside all slots.
   * @throws SysError EINVAL
   */
  setTssAddress(at: GuestAddress): void {
    ioctl(this.raw, KVM_SET_TSS_ADDR, at);
  }

  /**
   * Where Intel CPUs may put one page that real mode needs, below 4 GiB and outside all slots;
   * before the first vCPU is made.
   * @throws SysError EINVAL if there is a vCPU
   */
  setIdentityMapAddress(at: GuestAddress): void {
    const argument = new Uint8Array(8);
    new DataView(argument.buffer).setBigUint64(0, BigInt(at), true);
    this.#call(KVM_SET_IDENTITY_MAP_ADDR, argument);
  }

  // Interrupts.

  /**
   * Makes the in-kernel PICs, I/O APIC and local APICs; before the first vCPU is made.
   * @throws SysError EEXIST, EINVAL if there is a vCPU
   */
  createIrqchip(): void {
    ioctl(this.raw, KVM_CREATE_IRQCHIP);
  }

  /**
   * Makes only the local APICs in the kernel; PICs and I/O APIC are the caller's, whose end of
   * interrupt arrives as KVM_EXIT_IOAPIC_EOI.
   * @param pins of the I/O APIC: GSIs below are reserved for it
   * @throws SysError EEXIST, EINVAL
   */
  createSplitIrqchip(pins: number): void {
    this.enableCap(KVM_CAP_SPLIT_IRQCHIP, [BigInt(pins)]);
  }

  /**
   * The state of an in-kernel interrupt controller.
   * @param chip KVM_IRQCHIP_*
   * @throws SysError ENXIO if there is none, EINVAL
   */
  getIrqchip(chip: number): Filled<typeof kvm_irqchip.fields> {
    const state = kvm_irqchip.allocate();
    state.chip_id = chip;
    this.#call(KVM_GET_IRQCHIP, state.buffer);
    return state;
  }

  /**
   * Sets the state of the interrupt controller that its `chip_id` names.
   * @throws SysError ENXIO if there is none, EINVAL
   */
  setIrqchip(state: StructArgument): void {
    this.#call(KVM_SET_IRQCHIP, state);
  }

  /**
   * Makes the in-kernel PIT; needs `createIrqchip`.
   * @param flags KVM_PIT_SPEAKER_DUMMY
   * @throws SysError EEXIST; newer kernels: ENOENT without in-kernel interrupt controllers
   */
  createPit2(flags = 0): void {
    this.#call(KVM_CREATE_PIT2, kvm_pit_config.from({ flags }));
  }

  /** The PIT's state. @throws SysError ENXIO if there is none */
  getPit2(): Filled<typeof kvm_pit_state2.fields> {
    return fill(this.raw, KVM_GET_PIT2, kvm_pit_state2);
  }

  /** @throws SysError ENXIO if there is none */
  setPit2(state: StructArgument): void {
    this.#call(KVM_SET_PIT2, state);
  }

  /**
   * Sets the level of an interrupt line.
   * @throws SysError ENXIO if there is no in-kernel interrupt controller
   */
  irqLine(gsi: number, level: boolean): void {
    this.#call(KVM_IRQ_LINE, kvm_irq_level.from({ irq: gsi, level: level ? 1 : 0 }));
  }

  /**
   * Raises interrupt `gsi` whenever `event` is signalled.
   * @param resample makes it level-triggered: KVM lowers the line when the guest acknowledges, and
   * signals this eventfd, so that the device can raise it again
   * @throws SysError EBUSY if the eventfd has an interrupt, EINVAL
   */
  registerIrqfd(event: HasFd, gsi: number, resample?: HasFd): void {
    this.#call(
      KVM_IRQFD,
      kvm_irqfd.from({
        fd: event.raw,
        gsi,
        flags: resample ? KVM_IRQFD_FLAG_RESAMPLE : 0,
        resamplefd: resample?.raw ?? 0,
      }),
    );
  }

  /** Undoes `registerIrqfd`; when it returns, no interrupt comes from `event` any more. */
  unregisterIrqfd(event: HasFd, gsi: number): void {
    this.#call(KVM_IRQFD, kvm_irqfd.from({ fd: event.raw, gsi, flags: KVM_IRQFD_FLAG_DEASSIGN }));
  }

  /**
   * Makes a write of the guest signal an eventfd, without an exit.
   * @throws SysError EEXIST if there is such an event, ENOSPC
   */
  registerIoevent(event: IoEvent): void {
    this.#call(KVM_IOEVENTFD, ioEventBytes(event, 0));
  }

  /**
   * Undoes `registerIoevent`, given the same event.
   * @throws SysError ENOENT if there is no such event
   */
  unregisterIoevent(event: IoEvent): void {
    this.#call(KVM_IOEVENTFD, ioEventBytes(event, KVM_IOEVENTFD_FLAG_DEASSIGN));
  }

  /**
   * Makes KVM collect the guest's writes to `length` bytes at `at`, where there is room, instead of an
   * exit: for registers that do nothing by themselves. `Vcpu.coalescedWrites` has them after the next
   * exit, whatever that is for; a guest that makes none is not heard.
   * Needs KVM_CAP_COALESCED_PIO for ports, else KVM_CAP_COALESCED_MMIO.
   * @throws SysError EINVAL, ENOSPC
   */
  coalesceWrites(at: IoEventAddress, length: number): void {
    const pio = 'port' in at;
    const where = { addr: pio ? at.port : at.mmio, size: length, pio: pio ? 1 : 0 };
    this.#call(KVM_REGISTER_COALESCED_MMIO, kvm_coalesced_mmio_zone.from(where));
  }

  /**
   * Replaces all routes from GSIs to interrupts, also those that `createIrqchip` made.
   * @throws SysError EINVAL
   */
  setGsiRouting(routes: readonly GsiRoute[]): void {
    this.#call(KVM_SET_GSI_ROUTING, routingBytes(routes));
  }

  /**
   * Delivers a message-signalled interrupt; false if the guest blocked it.
   * @throws SysError EINVAL, ENXIO if there is no in-kernel interrupt controller
   */
  signalMsi(msi: MsiMessage): boolean {
    return this.#call(KVM_SIGNAL_MSI, msiBytes(msi)) > 0;
  }

  // State.

  /** kvm-clock. */
  getClock(): Filled<typeof kvm_clock_data.fields> {
    return fill(this.raw, KVM_GET_CLOCK, kvm_clock_data);
  }

  /** Sets kvm-clock. @throws SysError EINVAL for unknown flags */
  setClock(clock: StructArgument): void {
    this.#call(KVM_SET_CLOCK, clock);
  }

  /** Bytes of the XSAVE area of this VM's vCPUs, at least 4096: for `Vcpu.getXsave`. */
  get xsaveSize(): number {
    const size = this.checkExtension(KVM_CAP_XSAVE2);
    return size === 0 ? PAGE_SIZE : size;
  }

  /** Closes the VM's descriptor. The VM ends when its vCPUs are closed too. */
  close(): void {
    this.fd.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #call(def: Ioctl, argument: StructArgument): number {
    return ioctl(this.raw, def, bytesOf(argument));
  }
}
