import { alignUp, PAGE_SIZE } from '@crosvm/data-model';
import type { GrantedMemory, MadeMemory, MemoryGranter } from '@crosvm/devices';
import type { Vm } from '@crosvm/kvm';
import { KVM_MEM_READONLY } from '@crosvm/kvm-sys';
import { Mapping, type MemoryRange, sealedMemory, SharedMemory, SysError } from '@crosvm/sys-util';

/** The part of a VM that shows memory to its guest. */
export type MemorySlots = Pick<Vm, 'setUserMemoryRegion' | 'removeUserMemoryRegion'>;

/** What a device may show its guest, and where. */
export interface SharedWindowOptions {
  /** Guest-physical addresses that are the device's alone, whole pages: so much it may have. */
  readonly window: MemoryRange;
  /** The first of its memory slots, which nobody else uses. */
  readonly firstSlot: number;
  /** Its slots: so many regions it may have. */
  readonly slots: number;
}

/** A region that the guest sees. */
interface Region {
  readonly at: number;
  /** Whole pages. */
  readonly size: number;
  readonly mapping: Mapping;
}

/**
 * Memory that a device shows its guest while it runs, in a window of addresses that is the device's alone. Each
 * region is a slot of KVM's, and is mapped in this process as long as the guest sees it. What a device asks for
 * is checked here: it can neither have more than its window and its slots, nor put anything elsewhere.
 */
export class SharedWindow implements MemoryGranter {
  readonly #vm: MemorySlots;
  readonly #options: SharedWindowOptions;
  /** By number, from 0 to the number of slots. */
  readonly #regions = new Map<number, Region>();

  constructor(vm: MemorySlots, options: SharedWindowOptions) {
    this.#vm = vm;
    this.#options = options;
  }

  allocate(size: number): MadeMemory | undefined {
    if (!(Number.isSafeInteger(size) && size > 0 && size <= this.#options.window.size)) {
      return undefined;
    }
    const fd = attempt(() => SharedMemory.create('crosvm_shared', size).fd);
    const memory = fd && this.#show(fd.raw, { size, readOnly: false });
    if (fd === undefined || memory === undefined) {
      fd?.close();
      return undefined;
    }
    return { memory, fd };
  }

  share(fd: number): GrantedMemory | undefined {
    const found = sealedMemory(fd);
    return found === undefined || found.size === 0 ? undefined : this.#show(fd, found);
  }

  release(region: number): boolean {
    const found = this.#regions.get(region);
    if (found === undefined) {
      return false;
    }
    this.#regions.delete(region);
    this.#vm.removeUserMemoryRegion(this.#options.firstSlot + region);
    found.mapping.unmap();
    return true;
  }

  /** Undefined if there is no room, or the kernel has none. */
  #show(
    fd: number,
    { size, readOnly }: { readonly size: number; readonly readOnly: boolean },
  ): GrantedMemory | undefined {
    const whole = alignUp(size, PAGE_SIZE);
    const region = this.#freeNumber();
    const at = region === undefined ? undefined : this.#place(whole);
    if (region === undefined || at === undefined) {
      return undefined;
    }
    const mapping = attempt(() => Mapping.ofFd(fd, { size: whole, readOnly }));
    if (mapping === undefined) {
      return undefined;
    }
    const isShown = attempt(() => {
      const slot = { at, size: whole, host: mapping.address };
      const flags = readOnly ? KVM_MEM_READONLY : 0;
      this.#vm.setUserMemoryRegion(this.#options.firstSlot + region, slot, flags);
      return true;
    });
    if (isShown !== true) {
      mapping.unmap();
      return undefined;
    }
    this.#regions.set(region, { at, size: whole, mapping });
    return { region, address: at, size, readOnly };
  }

  #freeNumber(): number | undefined {
    for (let region = 0; region < this.#options.slots; region += 1) {
      if (!this.#regions.has(region)) {
        return region;
      }
    }
    return undefined;
  }

  /** The lowest addresses that so many bytes fit at. */
  #place(size: number): number | undefined {
    const { window } = this.#options;
    let at = window.at;
    for (const taken of [...this.#regions.values()].sort((one, other) => one.at - other.at)) {
      if (taken.at - at >= size) {
        return at;
      }
      at = taken.at + taken.size;
    }
    return window.at + window.size - at >= size ? at : undefined;
  }
}

/** What the kernel gives; undefined if it refuses. */
function attempt<Result>(ask: () => Result): Result | undefined {
  try {
    return ask();
  } catch (error) {
    if (error instanceof SysError) {
      return undefined;
    }
    throw error;
  }
}
