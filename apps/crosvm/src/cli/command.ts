import type { LoggingConfig, RunConfig } from '../config';

/** What a command line asks for. */
export type Command =
  /** Run a VM. */
  | { readonly kind: 'run'; readonly config: RunConfig; readonly logging: LoggingConfig }
  /** Print a text (a help text, the version) and end. */
  | {
      readonly kind: 'print';
      readonly text: string;
      readonly stream: 'stdout' | 'stderr';
      readonly exitStatus: number;
    };
