import type { HostBind } from '@crosvm/devices';

/*
 * What the supervisor and the zygote say to each other: JSON, a message a packet. Each request has an
 * answer, in the same order. At the end of the socket the zygote ends; what was forked does not.
 */

/** Asks for a process. Comes with its end of the control socket and its standard error. */
export interface ForkRequest {
  /** A device host, or what decides on the system calls of the VMM. */
  readonly kind: 'host' | 'warden';
  /** What `ps` shows it as. */
  readonly label: string;
  /** The file of its seccomp policy. */
  readonly policy: string;
  /** Whether its JavaScript is compiled, and not interpreted; undefined: its module says. */
  readonly compiled?: boolean | undefined;
  /** To what size it may make files larger; undefined: any. */
  readonly fileBytes?: number | undefined;
  /** Whether the supervisor may change that. */
  readonly fileResizes?: boolean | undefined;
  /** What its root has; default: nothing. */
  readonly binds?: readonly HostBind[] | undefined;
  /** Whether the supervisor wants to hear of every system call. */
  readonly record: boolean;
}

/** The answer. */
export type ForkReply =
  | { readonly pid: number }
  /** It could not be started: why, and what helps. */
  | { readonly error: string; readonly hint?: string | undefined };

/** Most bytes of a message in either direction. */
export const MAX_ZYGOTE_MESSAGE = 16 * 1024;

/** A message as bytes. */
export function encodeZygoteMessage(message: ForkRequest | ForkReply): Uint8Array {
  return Buffer.from(JSON.stringify(message));
}

/** A request from its bytes; both sides are ours. */
export function decodeForkRequest(bytes: Uint8Array): ForkRequest {
  return JSON.parse(Buffer.from(bytes).toString()) as ForkRequest;
}

/** An answer from its bytes. */
export function decodeForkReply(bytes: Uint8Array): ForkReply {
  return JSON.parse(Buffer.from(bytes).toString()) as ForkReply;
}
