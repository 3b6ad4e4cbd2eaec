import type { OwnedFd } from '@crosvm/sys-util';

import type { BufferList } from '../queue/buffer-list';

/** What a vfd gives when it is read. */
export type Received =
  | {
      readonly kind: 'data';
      /** A copy; not empty. */
      readonly data: Uint8Array;
      /** The receiver's. */
      readonly fds: readonly OwnedFd[];
    }
  /** Nothing now. */
  | { readonly kind: 'nothing' }
  /** The other end is gone, or has said what cannot be passed on. */
  | { readonly kind: 'end' };

/** How a vfd is waited for. */
export interface Waited {
  readonly fd: number;
  /** Whether it is to be read; if not, only its end is waited for. */
  readonly reads: boolean;
}

/** A descriptor of the host, as the guest has it. */
export interface Vfd {
  /** Where the guest sees it, guest-physical; 0 if it is no memory. */
  readonly address: number;
  /** Bytes; 0 if it is no memory. */
  readonly size: number;
  /** VIRTIO_WL_VFD_*, as they are with TRANS_FLAGS or without. */
  flags(transition: boolean): number;
  /** The descriptor that goes when it is sent to the compositor; undefined if it cannot be sent. */
  readonly outgoing: number | undefined;
  /** It was sent. */
  sent(): void;
  /** How it is waited for; undefined if nothing ever happens to it. */
  readonly waited: Waited | undefined;
  /** Whether descriptors can be sent through it; undefined if nothing can. */
  readonly takesFds: boolean | undefined;
  /**
   * Sends data from `from` on. Returns how many bytes were sent, with which all descriptors went; or a
   * negative errno.
   */
  send(data: BufferList, from: number, fds: readonly number[]): number;
  receive(): Received;
  /** Gives up everything that it has. */
  close(): void;
}

/** There is nothing to be read now. */
export const NOTHING: Received = { kind: 'nothing' };

/** There is nothing to be read any more. */
export const END: Received = { kind: 'end' };
