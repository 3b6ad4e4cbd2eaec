import { addr64, struct, u32 } from '@crosvm/data-model';

/*
 * How a device asks the VMM to show memory to its guest.
 *
 *     device host                                         VMM's main thread
 *     allocate { size }             ----------------->    makes memory, shows it to the guest
 *     share    + a descriptor       ----------------->    shows that memory to the guest
 *                                   <-----------------    granted { region, address, size, readOnly }
 *                                                           + the descriptor of memory that it made
 *                                   <-----------------    refused
 *     release  { region }           ----------------->    shows it no longer; has no answer
 *
 * - One SOCK_SEQPACKET pair a device, for this and nothing else. Only devices whose kind needs it have one,
 *   and what each may have is limited where its socket is served.
 * - Each allocate and share has one answer, in the order of the requests; a device may have any number on
 *   their way.
 * - The VMM chooses where memory is, and trusts nothing that a device says: a device that says what is no
 *   request, or releases what it has not, is not itself any more, and the VM ends.
 * - What a device shares is memory whose size is sealed against shrinking. Else whoever has it, the
 *   device or the one that it is from, could take pages away under the guest, whose vCPU could not go on.
 */

/** What is asked. */
const Kind = { Allocate: 1, Share: 2, Release: 3 } as const;

/** What a device asks. */
export type MemoryRequest =
  | {
      readonly kind: 'allocate';
      /** Bytes. */
      readonly size: number;
    }
  /** Comes with the descriptor of the memory. */
  | { readonly kind: 'share' }
  | {
      readonly kind: 'release';
      /** The number that was granted. */
      readonly region: number;
    };

/** Memory that the guest sees. */
export interface GrantedMemory {
  /** By which it is released. */
  readonly region: number;
  /** Guest-physical, whole pages. */
  readonly address: number;
  /** Bytes; the guest sees the whole of the last page. */
  readonly size: number;
  /** Whether what the guest writes is lost. */
  readonly readOnly: boolean;
}

/** The answer. */
export type MemoryAnswer =
  { readonly kind: 'granted'; readonly memory: GrantedMemory } | { readonly kind: 'refused' };

const memory_request = struct('memory_request', { kind: u32, region: u32, size: addr64 });

const memory_answer = struct('memory_answer', {
  /** 0: refused, and the rest means nothing. */
  granted: u32,
  region: u32,
  address: addr64,
  size: addr64,
  read_only: u32,
});

/** Most bytes of a message of either side. */
export const MAX_MEMORY_MESSAGE = Math.max(memory_request.size, memory_answer.size);

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** The bytes of a request. */
export function encodeMemoryRequest(request: MemoryRequest): Uint8Array {
  switch (request.kind) {
    case 'allocate':
      return memory_request.from({ kind: Kind.Allocate, size: request.size });
    case 'share':
      return memory_request.from({ kind: Kind.Share });
    case 'release':
      return memory_request.from({ kind: Kind.Release, region: request.region });
  }
}

/** A request that arrived; undefined if it is none. */
export function decodeMemoryRequest(bytes: Uint8Array): MemoryRequest | undefined {
  if (bytes.length !== memory_request.size) {
    return undefined;
  }
  const { kind, region, size } = memory_request.over(viewOf(bytes), 0);
  switch (kind) {
    case Kind.Allocate:
      return { kind: 'allocate', size };
    case Kind.Share:
      return { kind: 'share' };
    case Kind.Release:
      return { kind: 'release', region };
    default:
      return undefined;
  }
}

/** The bytes of an answer. */
export function encodeMemoryAnswer(answer: MemoryAnswer): Uint8Array {
  if (answer.kind === 'refused') {
    return memory_answer.from({ granted: 0 });
  }
  const { region, address, size, readOnly } = answer.memory;
  return memory_answer.from({ granted: 1, region, address, size, read_only: readOnly ? 1 : 0 });
}

/** An answer that arrived, from the VMM, which is trusted; undefined if it is none. */
export function decodeMemoryAnswer(bytes: Uint8Array): MemoryAnswer | undefined {
  if (bytes.length !== memory_answer.size) {
    return undefined;
  }
  const { granted, region, address, size, read_only } = memory_answer.over(viewOf(bytes), 0);
  return granted === 0
    ? { kind: 'refused' }
    : { kind: 'granted', memory: { region, address, size, readOnly: read_only !== 0 } };
}
