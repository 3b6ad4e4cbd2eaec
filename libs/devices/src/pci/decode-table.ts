import {
  type Accessor,
  type GuestAddress,
  i32,
  SharedMutex,
  struct,
  TWO_POW_32,
} from '@crosvm/data-model';

import type { BusDevice } from '../bus/bus-device';
import type { MmioRange, MovingRanges } from '../bus/mmio-bus';
import type { StateArea } from '../front-end/front-end';
import type { PciHost } from './pci-host';

/** Addresses that the host bridge passes on to the bus. */
export interface PciWindow {
  readonly base: GuestAddress;
  /** Bytes. */
  readonly size: number;
}

/** Eventfds that writes to a BAR signal without an exit. */
export interface NotifyPlan {
  /** Of the first one, from the start of the BAR. */
  readonly offset: number;
  /** Bytes from one to the next. */
  readonly stride: number;
  readonly fds: readonly number[];
}

/** A BAR, as the table needs to know it. */
export interface DecodedBar {
  /** Bytes. */
  readonly size: number;
  readonly notify?: NotifyPlan;
}

const pci_decode_header = struct('pci_decode_header', { lock: i32, generation: i32 });

const pci_decode_row = struct('pci_decode_row', {
  /** The function decodes memory. */
  enabled: i32,
  /** What the BAR says, as signed halves. */
  low: i32,
  high: i32,
  /** The BAR answers there. */
  visible: i32,
  /** The device wants its notifications to be events. */
  notifying: i32,
  /** They are, at this address. */
  notified: i32,
  notified_low: i32,
  notified_high: i32,
});

type Row = Accessor<(typeof pci_decode_row)['fields']>;

function address(low: number, high: number): number {
  return (low >>> 0) + (high >>> 0) * TWO_POW_32;
}

/**
 * Where the BARs of all functions are, in state that all threads share, and what follows from that:
 * the ranges of the threads' buses, and the ioeventfds.
 *
 * A BAR answers where the guest put it if its function decodes memory, it lies inside the window that
 * the host bridge forwards (elsewhere is memory, an interrupt controller, or nobody), and no BAR
 * before it in order claims a part of that. On hardware two that overlap both answer; here the first
 * does, and the other one appears when the first has gone.
 *
 * Locks: a device's lock may be held when the table's own is taken, never the other way round.
 */
export class DecodeTable implements MovingRanges {
  readonly generation: Int32Array;
  readonly #mutex: SharedMutex;
  readonly #row: Row;
  readonly #firstRow: number;
  readonly #bars: readonly DecodedBar[];
  readonly #window: PciWindow;
  readonly #host: PciHost;
  /** Who answers, by row. */
  #devices: readonly BusDevice[] = [];

  constructor(area: StateArea, bars: readonly DecodedBar[], window: PciWindow, host: PciHost) {
    const { buffer, offset } = area;
    this.#mutex = new SharedMutex(new Int32Array(buffer, offset, 1), 0);
    this.generation = new Int32Array(buffer, offset + pci_decode_header.offsetOf('generation'), 1);
    this.#firstRow = offset + pci_decode_header.size;
    this.#row = pci_decode_row.over(new DataView(buffer), this.#firstRow);
    this.#bars = bars;
    this.#window = window;
    this.#host = host;
  }

  /** Bytes of state for a table of that many BARs. */
  static stateSize(bars: number): number {
    return pci_decode_header.size + bars * pci_decode_row.size;
  }

  /** Says who answers on this thread, in the order of the BARs. */
  connect(devices: readonly BusDevice[]): void {
    this.#devices = devices;
  }

  /** BAR number `index` says `low` and `high`, and its function decodes memory or not. */
  place(index: number, low: number, high: number, enabled: boolean): void {
    this.#change(index, (row) => {
      const moved = row.low !== low || row.high !== high;
      row.low = low;
      row.high = high;
      row.enabled = enabled ? 1 : 0;
      return moved;
    });
  }

  /** The device behind BAR number `index` wants its notifications to be events, or not. */
  setNotifying(index: number, on: boolean): void {
    this.#change(index, (row) => {
      row.notifying = on ? 1 : 0;
      return false;
    });
  }

  /** The ranges of all BARs that answer. */
  current(): readonly MmioRange[] {
    this.#mutex.lock();
    try {
      return this.#devices.flatMap((device, index) => {
        const { visible, low, high } = this.#at(index);
        return visible ? [{ base: address(low, high), length: this.#size(index), device }] : [];
      });
    } finally {
      this.#mutex.unlock();
    }
  }

  #at(index: number): Row {
    return this.#row.rebase(this.#firstRow + index * pci_decode_row.size);
  }

  #size(index: number): number {
    return this.#bars[index]?.size ?? 0;
  }

  /** @param change says whether it moved the BAR */
  #change(index: number, change: (row: Row) => boolean): void {
    this.#mutex.lock();
    try {
      const moved = change(this.#at(index));
      const different = this.#decide();
      if (different || (moved && this.#at(index).visible !== 0)) {
        Atomics.add(this.generation, 0, 1);
      }
      this.#moveNotifications();
    } finally {
      this.#mutex.unlock();
    }
  }

  /** Decides who answers; true if somebody came or went. */
  #decide(): boolean {
    let different = false;
    for (let index = 0; index < this.#bars.length; index += 1) {
      const visible = this.#answers(index) ? 1 : 0;
      const row = this.#at(index);
      different ||= row.visible !== visible;
      row.visible = visible;
    }
    return different;
  }

  #answers(index: number): boolean {
    const { enabled, low, high } = this.#at(index);
    const base = address(low, high);
    const size = this.#size(index);
    const { base: first, size: room } = this.#window;
    if (enabled === 0 || base < first || size > room || base - first > room - size) {
      return false;
    }
    for (let before = 0; before < index; before += 1) {
      const other = this.#at(before);
      const at = address(other.low, other.high);
      if (other.visible !== 0 && base < at + this.#size(before) && at < base + size) {
        return false;
      }
    }
    return true;
  }

  /** First all that go, then all that come: one may go to where another one was. */
  #moveNotifications(): void {
    for (let index = 0; index < this.#bars.length; index += 1) {
      const row = this.#at(index);
      const stays =
        row.visible !== 0 &&
        row.notifying !== 0 &&
        row.low === row.notified_low &&
        row.high === row.notified_high;
      if (row.notified !== 0 && !stays) {
        row.notified = 0;
        const base = address(row.notified_low, row.notified_high);
        this.#eachNotification(index, base, (fd, at) => this.#host.removeNotify(fd, at));
      }
    }
    for (let index = 0; index < this.#bars.length; index += 1) {
      const row = this.#at(index);
      if (row.notified === 0 && row.visible !== 0 && row.notifying !== 0) {
        row.notified = 1;
        row.notified_low = row.low;
        row.notified_high = row.high;
        const base = address(row.low, row.high);
        this.#eachNotification(index, base, (fd, at) => this.#host.addNotify(fd, at));
      }
    }
  }

  #eachNotification(
    index: number,
    base: GuestAddress,
    visit: (fd: number, at: GuestAddress) => void,
  ): void {
    const notify = this.#bars[index]?.notify;
    notify?.fds.forEach((fd, queue) => visit(fd, base + notify.offset + queue * notify.stride));
  }
}
