import type { DiskFormat } from '@crosvm/devices';

import type { LoggingConfig, RunConfig } from '../config';
import type { Perform } from '../control/control-command';

/** What a command line asks for. */
export type Command =
  /** Run a VM. */
  | { readonly kind: 'run'; readonly config: RunConfig; readonly logging: LoggingConfig }
  /** Do something with VMs that run, by their control sockets. */
  | {
      readonly kind: 'control';
      readonly perform: Perform;
      /** Sockets, or directories of them. */
      readonly sockets: readonly string[];
      readonly directories: boolean;
      readonly json: boolean;
      readonly timeoutMs: number;
    }
  /** Show what a VM does, so many times; default: until it ends. */
  | {
      readonly kind: 'top';
      readonly socket: string;
      readonly intervalMs: number;
      readonly times?: number;
    }
  /** Look whether VMs run on this machine, and with what. */
  | { readonly kind: 'doctor'; readonly json: boolean }
  /** Make an empty disk image. */
  | {
      readonly kind: 'create-qcow2';
      readonly path: string;
      /** Bytes of the disk; default: as many as what is under it has. */
      readonly bytes?: number;
      readonly backing?: { readonly path: string; readonly format: DiskFormat };
    }
  /** Print a text (a help text, the version) and end. */
  | {
      readonly kind: 'print';
      readonly text: string;
      readonly stream: 'stdout' | 'stderr';
      readonly exitStatus: number;
    };
