import type { Logger } from '@crosvm/sys-util';

/** Why a VM ended. */
export type VmEnd =
  /** The guest switched itself off (ACPI). */
  | { readonly kind: 'poweroff' }
  /** The guest asked for a reset (i8042, the reset register). */
  | { readonly kind: 'reset' }
  /** The guest's kernel said that it has panicked. */
  | { readonly kind: 'panic' }
  /** The guest or KVM came to a state that cannot go on; `detail` says what and where. */
  | { readonly kind: 'crash'; readonly detail: string }
  /** This process was told to end by a signal. */
  | { readonly kind: 'signal'; readonly signal: NodeJS.Signals; readonly number: number }
  /** The user ended it from the keyboard. */
  | { readonly kind: 'quit' }
  /** The user ended it by the control socket. */
  | { readonly kind: 'stopped' }
  /** A part of the VMM failed. */
  | { readonly kind: 'failed'; readonly part: string; readonly cause: unknown }
  /** This process made a system call that its own policy forbids, of which the user was told. */
  | { readonly kind: 'forbidden'; readonly call: string };

/** Exit status after a guest that crashed, or a VMM that failed. */
const EXIT_FAILURE = 1;

/** Exit status after a guest that asked for a reset; as crosvm's. */
const EXIT_RESET = 32;

/** Exit status after a guest whose kernel panicked; as crosvm's. */
const EXIT_PANIC = 34;

/** What a shell gives for a process that ended by a signal: this and the signal's number. */
const EXIT_SIGNALLED = 128;

/** Why a VM ended, for people. */
function endText(end: VmEnd): string {
  switch (end.kind) {
    case 'poweroff':
      return 'the guest powered off';
    case 'reset':
      return 'the guest reset';
    case 'panic':
      return "the guest's kernel panicked";
    case 'crash':
      return `the guest crashed: ${end.detail}`;
    case 'signal':
      return `ended by ${end.signal}`;
    case 'quit':
      return 'ended from the keyboard';
    case 'stopped':
      return 'stopped by the control socket';
    case 'failed':
      return `${end.part} failed`;
    case 'forbidden':
      return `crosvm itself made a system call that its policy forbids: ${end.call}`;
  }
}

/** The exit status of the process for each way a VM can end. */
export function exitStatus(end: VmEnd): number {
  switch (end.kind) {
    case 'reset':
      return EXIT_RESET;
    case 'panic':
      return EXIT_PANIC;
    case 'poweroff':
    case 'quit':
    case 'stopped':
      return 0;
    case 'signal':
      return EXIT_SIGNALLED + end.number;
    case 'crash':
    case 'failed':
    case 'forbidden':
      return EXIT_FAILURE;
  }
}

/** Logs why a VM ended, and with what exit status, at the level `info`. */
export function logEnd(log: Logger, end: VmEnd): void {
  if (log.isEnabled('info')) {
    log.info(`${endText(end)}; exit status ${exitStatus(end)}`);
  }
}
