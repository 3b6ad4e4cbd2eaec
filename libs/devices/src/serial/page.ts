import { SharedCounters } from '@crosvm/data-model';

import { ByteRing } from '../byte-ring';
import { DeviceCounters } from '../metrics/device-counters';
import { WakeFlag } from '../wake-flag';

/** Bytes that the guest may be ahead of the sink. */
export const TX_RING_SIZE = 4096;

/** Bytes of input that may wait for the guest. */
export const RX_RING_SIZE = 1024;

/** Where things lie in the page, in bytes; each side's words have a cache line of their own. */
const Layout = {
  // Written by the front end.
  txHead: 0,
  rxTail: 4,
  txInterrupt: 8,
  rxInterrupt: 12,
  // Written by the back end.
  txTail: 64,
  rxHead: 68,
  txSleeping: 72,
  rxStalled: 76,
  counters: 128,
  rxData: 1024,
  txData: 4096,
} as const;

/** Bytes of the device page of a serial port; a whole number of pages. */
export const SERIAL_PAGE_SIZE = Layout.txData + TX_RING_SIZE;

/** What the back end of a serial port counts, in its mapped page. */
export function serialCounters(page: Uint8Array): DeviceCounters {
  return new SerialPage(page).counters;
}

/**
 * The device page of a serial port: what its front end in the VMM and its back end share.
 *
 *      front end                                 back end
 *      THR write --> [ tx ring, 4 KiB ] -------> sink
 *      RBR read  <-- [ rx ring, 1 KiB ] <------- input
 *
 * Either side sleeps and is woken by the rules of `WakeFlag`: the back end by its doorbell, the front
 * end's guest by its interrupt.
 */
export class SerialPage {
  readonly tx: ByteRing;
  readonly rx: ByteRing;
  /** The back end sleeps until there is something in `tx`. */
  readonly txSleeping: WakeFlag;
  /** The back end sleeps until half of `rx` is free. */
  readonly rxStalled: WakeFlag;
  /** The guest waits for an interrupt that says that it can transmit. */
  readonly txInterrupt: WakeFlag;
  /** The guest wants an interrupt for input; stays raised. */
  readonly rxInterrupt: WakeFlag;
  /** What the back end counts. */
  readonly counters: DeviceCounters;

  /** @param bytes the mapped page, zeroed when it was made */
  constructor(bytes: Uint8Array) {
    const { txHead, txTail, txData, rxHead, rxTail, rxData } = Layout;
    this.tx = new ByteRing(bytes, { head: txHead, tail: txTail, data: txData, size: TX_RING_SIZE });
    this.rx = new ByteRing(bytes, { head: rxHead, tail: rxTail, data: rxData, size: RX_RING_SIZE });
    const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
    this.txSleeping = new WakeFlag(words, Layout.txSleeping >> 2);
    this.rxStalled = new WakeFlag(words, Layout.rxStalled >> 2);
    this.txInterrupt = new WakeFlag(words, Layout.txInterrupt >> 2);
    this.rxInterrupt = new WakeFlag(words, Layout.rxInterrupt >> 2);
    this.counters = new DeviceCounters(new SharedCounters(words, Layout.counters >> 2));
  }

  /** Where the data of `tx` begins in the page, in bytes. */
  static readonly txDataOffset = Layout.txData;

  /** Where the data of `rx` begins in the page, in bytes. */
  static readonly rxDataOffset = Layout.rxData;
}
