import { struct, u32 } from '@crosvm/data-model';

/*
 * How the front end of a virtio device, on the thread of a vCPU, asks its back end for something and
 * waits for the answer.
 *
 *     vCPU thread (front end)                            device host (back end)
 *     takes the device's lock
 *     writes features and queues into the device page
 *     send  --- request { kind, sequence, ... } ----->   its poller wakes, it does what is asked
 *     wait  <-- answer { sequence, result } ----------
 *     lets go of the lock
 *
 * - One SOCK_SEQPACKET pair a device, for this and nothing else: the supervisor, which pauses and
 *   drains back ends, has a channel of its own. No message passes through the main thread.
 * - The device's lock serialises the threads: there is one request at a time, and whoever reads the
 *   socket gets the answer to its own.
 * - The wait is a poll and a receive on the vCPU's thread, which has its kick signal blocked. It ends
 *   with the answer, with the end of the other side, or after ANSWER_TIMEOUT_MS. Numbers tell an
 *   answer that comes too late from the one that is waited for.
 * - A back end answers a reset (of the device or of a queue) when nothing of it touches guest memory
 *   any more: no request in flight, no interrupt to come. Without such an answer the front end never
 *   activates the device again, since nobody knows what the back end still does.
 * - `Activate` and `QueueEnable` are refused when a ring is not in guest memory: the driver then sees
 *   NEEDS_RESET. Both sides have checked what they read; the front end trusts no answer but its
 *   result, and a lie about that harms nobody but the device's own guest.
 */

/** What is asked of a back end. */
export const RequestKind = {
  /** The driver is ready: begin to serve the queues that the device page names. */
  Activate: 1,
  /** Stop, forget the driver; wait for what is in flight. */
  Reset: 2,
  /** Stop serving queue `queue`; wait for what is in flight. VIRTIO_F_RING_RESET. */
  QueueReset: 3,
  /** Serve queue `queue` again, as the device page has it now. */
  QueueEnable: 4,
  /** The driver wrote the low `length` bytes of `value` to the device's configuration. */
  ConfigWrite: 5,
} as const;

/** One of the values of `RequestKind`. */
export type RequestKindValue = (typeof RequestKind)[keyof typeof RequestKind];

/** What a front end asks. */
export interface BackEndRequest {
  readonly kind: RequestKindValue;
  /** QueueReset, QueueEnable. */
  readonly queue?: number;
  /** ConfigWrite: of the first byte. */
  readonly offset?: number;
  /** ConfigWrite: 1, 2 or 4 bytes. */
  readonly length?: number;
  /** ConfigWrite: unsigned, little-endian. */
  readonly value?: number;
}

const transport_request = struct('transport_request', {
  kind: u32,
  sequence: u32,
  queue: u32,
  offset: u32,
  length: u32,
  value: u32,
});

const transport_answer = struct('transport_answer', {
  sequence: u32,
  /** 0: done. */
  result: u32,
});

/** Most bytes of a message of either side. */
export const MAX_MESSAGE_BYTES = transport_request.size;

/** How long a vCPU waits for an answer. Long: a disk may have much to write before a reset. */
export const ANSWER_TIMEOUT_MS = 60_000;

/** The bytes of a request. */
export function encodeRequest(sequence: number, request: BackEndRequest): Uint8Array {
  return transport_request.from({ sequence, ...request });
}

/** A request that arrived, with its number; undefined if it is none. */
export function decodeRequest(
  bytes: Uint8Array,
): { readonly sequence: number; readonly request: Required<BackEndRequest> } | undefined {
  if (bytes.length !== transport_request.size) {
    return undefined;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const { kind, sequence, queue, offset, length, value } = transport_request.over(view, 0);
  const known = Object.values(RequestKind).find((each) => each === kind);
  return known === undefined
    ? undefined
    : { sequence, request: { kind: known, queue, offset, length, value } };
}

/** The bytes of an answer. */
export function encodeAnswer(sequence: number, done: boolean): Uint8Array {
  return transport_answer.from({ sequence, result: done ? 0 : 1 });
}

/** An answer that arrived; undefined if it is none. */
export function decodeAnswer(
  bytes: Uint8Array,
): { readonly sequence: number; readonly done: boolean } | undefined {
  if (bytes.length !== transport_answer.size) {
    return undefined;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const { sequence, result } = transport_answer.over(view, 0);
  return { sequence, done: result === 0 };
}
