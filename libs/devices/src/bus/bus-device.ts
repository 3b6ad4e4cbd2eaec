/** Bytes that one access to a device moves. */
export type AccessWidth = 1 | 2 | 4;

/**
 * A front end as a bus sees it: something that answers on a range of ports or of addresses.
 *
 * The bus calls with naturally aligned accesses that lie inside the range. A device never throws for
 * what a guest does, and allocates nothing: these two run on every exit of a vCPU.
 */
export interface BusDevice {
  /** The unsigned value at `offset` (bytes from the start of the range), little-endian. */
  read(offset: number, width: AccessWidth): number;
  /** Takes the unsigned `value`, of `width` bytes, at `offset`. */
  write(offset: number, width: AccessWidth, value: number): void;
}

/** What reads of `width` bytes answer where nobody is: all lines high. */
export function allOnes(width: AccessWidth): number {
  return width === 4 ? 0xffff_ffff : (1 << (width * 8)) - 1;
}

/** Reads an unsigned little-endian value of `width` bytes. */
export function loadValue(view: DataView, at: number, width: AccessWidth): number {
  switch (width) {
    case 1:
      return view.getUint8(at);
    case 2:
      return view.getUint16(at, true);
    case 4:
      return view.getUint32(at, true);
  }
}

/** Stores the low `width` bytes of `value`, little-endian. */
export function storeValue(view: DataView, at: number, width: AccessWidth, value: number): void {
  switch (width) {
    case 1:
      view.setUint8(at, value);
      break;
    case 2:
      view.setUint16(at, value, true);
      break;
    case 4:
      view.setUint32(at, value, true);
      break;
  }
}
