/*
 * What the VMM and its warden say to each other: JSON, a message a packet.
 *
 *     VMM                                   warden
 *     listen + its descriptors  --------->  serves the VMM's listener
 *                               <---------  forbidden: a call was refused, and the VM is to end
 *     (end of the socket)       --------->  ends
 */

/** What the VMM is called in messages and in records of calls. */
export const SELF = 'crosvm itself';

/** Most bytes of a message in either direction. */
export const MAX_WARDEN_MESSAGE = 4096;

/** What the warden of a VMM is told: what becomes of calls that the VMM's policy forbids. */
export interface ListenRequest {
  /** They are made, and the user is told. Else they are refused, and end the VM. */
  readonly logForbidden: boolean;
  /** How lines end where the user is told. */
  readonly lineEnd: string;
  /** Every call is made, and written to a file: the beginning of its lines. */
  readonly recordAs?: string;
}

/** The descriptors that come with it, in this order. */
export interface WardenFds<Fd> {
  readonly listener: Fd;
  /** The VMM's process. */
  readonly vmm: Fd;
  /** Where the user is told. */
  readonly stderr: Fd;
  /** The file for all calls. */
  readonly record?: Fd;
}

/** A call that the VMM's policy forbids was refused. */
export interface ForbiddenCall {
  readonly call: string;
}

/** A message as bytes; both sides are ours. */
export function encodeWardenMessage(message: ListenRequest | ForbiddenCall): Uint8Array {
  return Buffer.from(JSON.stringify(message));
}

/** What the VMM said. */
export function decodeListenRequest(bytes: Uint8Array): ListenRequest {
  return JSON.parse(Buffer.from(bytes).toString()) as ListenRequest;
}

/** What the warden said. */
export function decodeForbiddenCall(bytes: Uint8Array): ForbiddenCall {
  return JSON.parse(Buffer.from(bytes).toString()) as ForbiddenCall;
}
