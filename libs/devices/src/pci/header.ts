import { type ConfigPart, register } from './config-space';
import {
  PCI_BASE_ADDRESS_0,
  PCI_BASE_ADDRESS_MEM_TYPE_64,
  PCI_CAPABILITY_LIST,
  PCI_CLASS_PROG,
  PCI_COMMAND,
  PCI_DEVICE_ID,
  PCI_INTERRUPT_LINE,
  PCI_INTERRUPT_PIN,
  PCI_REVISION_ID,
  PCI_STATUS,
  PCI_STATUS_CAP_LIST,
  PCI_STD_HEADER_SIZEOF,
  PCI_SUBSYSTEM_ID,
  PCI_SUBSYSTEM_VENDOR_ID,
  PCI_VENDOR_ID,
} from './registers';

/** A 64-bit memory BAR, not prefetchable: reading registers has effects. */
export interface MemoryBar {
  /** The number of its first register, 0 to 4; it takes the next one too. */
  readonly index: number;
  /** Bytes: a power of two from 16 to 2 GiB. */
  readonly size: number;
}

/** Who a function is. */
export interface FunctionIdentity {
  readonly vendor: number;
  readonly device: number;
  readonly revision: number;
  /** Base class, sub-class, interface: 24 bits. */
  readonly classCode: number;
  readonly subsystemVendor?: number;
  readonly subsystem?: number;
}

/** Commands of a function after a reset, and those that the guest can change. */
export interface FunctionCommand {
  readonly value: number;
  readonly writable: number;
}

/** How a function is wired to an interrupt. */
export interface FunctionInterrupt {
  /** PCI_INTERRUPT_INTA. */
  readonly pin: number;
  /** What firmware would write there for the guest to read: the line. */
  readonly line: number;
}

/** The registers that say who a function is (PCI 3.0, 6.2.1), and its command register (6.2.2). */
export function identityParts(identity: FunctionIdentity, command: FunctionCommand): ConfigPart[] {
  const { vendor, device, revision, classCode, subsystemVendor = 0, subsystem = 0 } = identity;
  return [
    register(PCI_VENDOR_ID, 2, vendor),
    register(PCI_DEVICE_ID, 2, device),
    register(PCI_COMMAND, 2, command.value, command.writable),
    register(PCI_REVISION_ID, 1, revision),
    register(PCI_CLASS_PROG, 3, classCode),
    register(PCI_SUBSYSTEM_VENDOR_ID, 2, subsystemVendor),
    register(PCI_SUBSYSTEM_ID, 2, subsystem),
  ];
}

/** The interrupt registers; the line is the guest's to write. PCI 3.0, 6.2.4. */
export function interruptParts({ pin, line }: FunctionInterrupt): ConfigPart[] {
  return [register(PCI_INTERRUPT_LINE, 1, line, 0xff), register(PCI_INTERRUPT_PIN, 1, pin)];
}

/**
 * The registers of a BAR. The bits below its size cannot be written, so that writing ones and reading
 * back gives the size (PCI 3.0, 6.2.5.1).
 * @throws RangeError if there is no such BAR
 */
export function barParts({ index, size }: MemoryBar): ConfigPart[] {
  const powerOfTwo = size >= 16 && size <= 2 ** 31 && Number.isInteger(Math.log2(size));
  if (!powerOfTwo || !(index >= 0 && index <= 4)) {
    throw new RangeError(`no BAR ${index} of ${size} bytes`);
  }
  const at = PCI_BASE_ADDRESS_0 + 4 * index;
  return [
    register(at, 4, PCI_BASE_ADDRESS_MEM_TYPE_64, -size >>> 0),
    register(at + 4, 4, 0, 0xffff_ffff),
  ];
}

/** A capability: its bytes from its id on. The next pointer is filled in where it is placed. */
export interface Capability {
  readonly content: Uint8Array;
  readonly writable?: Uint8Array;
}

/** Capabilities in configuration space, and where each of them is. */
export interface PlacedCapabilities {
  readonly parts: readonly ConfigPart[];
  readonly offsets: readonly number[];
}

/** Puts capabilities behind the header, each at a multiple of 4, and links them. PCI 3.0, 6.7. */
export function placeCapabilities(capabilities: readonly Capability[]): PlacedCapabilities {
  const offsets: number[] = [];
  let next = PCI_STD_HEADER_SIZEOF;
  for (const { content } of capabilities) {
    offsets.push(next);
    next = (next + content.length + 3) & ~3;
  }
  const parts = capabilities.map(({ content, writable }, index): ConfigPart => {
    const linked = content.slice();
    linked[1] = offsets[index + 1] ?? 0;
    return { at: offsets[index] ?? 0, content: linked, ...(writable && { writable }) };
  });
  const status = register(PCI_STATUS, 2, offsets.length === 0 ? 0 : PCI_STATUS_CAP_LIST);
  return { parts: [status, register(PCI_CAPABILITY_LIST, 1, offsets[0] ?? 0), ...parts], offsets };
}
