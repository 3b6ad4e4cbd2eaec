import type { Transcript } from './transcript';

/** How a process ended: by itself with a status, or by a signal. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** What a VM is started with. */
export interface Launch {
  /** The program and its arguments. */
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** A started process and its streams: pipes, or a terminal. */
export interface Connection {
  readonly stdout: Transcript;
  /** The same as `stdout` on a terminal. */
  readonly stderr: Transcript;
  /** Process id of the program itself. */
  pid(): Promise<number>;
  type(text: string): void;
  /** Resolves when the program has ended and all that it wrote has arrived. */
  readonly exit: Promise<Exit>;
  /** Lets go of the streams; the process has been ended before. */
  close(): void;
}
