/** A socket of a compositor. */
export interface WaylandSocket {
  /** By which the guest asks for it; empty: the one that is for display. */
  readonly name: string;
  /** Where the device's host finds it. */
  readonly path: string;
  /** Where it is on the machine. */
  readonly source: string;
}

/** Wayland for a guest, as its back end needs to know it: plain data. */
export interface WlConfig {
  readonly sockets: readonly WaylandSocket[];
}
