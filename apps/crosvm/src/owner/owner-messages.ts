/**
 * The environment variable by which a program that owns a VM says how: `FD` of a socket to it, and, where
 * the kernel is to end the VM with the program, `FD,PID` of the program.
 */
export const OWNER_VARIABLE = 'CROSVM_OWNER';

/** What a VM tells the program that owns it: JSON, a line each. */
export type OwnerMessage =
  /** The guest runs. */
  | { readonly event: 'running' }
  /** The VM has ended; `detail` says more where something went wrong. */
  | { readonly event: 'ended'; readonly kind: string; readonly detail?: string };
