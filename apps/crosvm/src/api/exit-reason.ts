/** Why a virtual machine ended. */
export type ExitReason =
  /** The guest switched itself off, asked for a reset, or panicked; or it was told to end. */
  | { readonly kind: 'poweroff' | 'reset' | 'panic' | 'stopped' }
  /** The guest came to a state that cannot go on. */
  | { readonly kind: 'crash'; readonly detail: string }
  /** It could not be started, or a part of the VMM failed. */
  | { readonly kind: 'failed'; readonly detail: string; readonly status: number }
  /** Somebody killed the process of the VMM. */
  | { readonly kind: 'killed'; readonly signal: string };
