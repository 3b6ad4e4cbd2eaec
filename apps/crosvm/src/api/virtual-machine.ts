import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ControlClient } from '@crosvm/vm-control';

import type { VmMetrics } from '../metrics/vm-metrics';
import type { OwnerMessage } from '../owner/owner-messages';
import type { VmConfig } from '../vm-config/schema';
import { commandLine } from './command-line';
import { ConfigError, ControlFailedError, StartError, VirtualMachineError } from './errors';
import type { ExitReason } from './exit-reason';
import { VmConsole } from './vm-console';
import { metricsOf } from './vm-metrics';
import { LastError, startVmProcess, type VmProcess } from './vm-process';
import type { BalloonState, BalloonStatistics, VmStatus } from './vm-status';

/** How long a VM may take to end in order before it is killed. */
const DEFAULT_STOP_MS = 10_000;

/** The exit status of a command line that cannot be understood. */
const EXIT_USAGE = 2;

/**
 * What a virtual machine is made of: the options of `crosvm run`, in camelCase.
 * @interface
 */
export type VirtualMachineConfig = VmConfig & {
  readonly kernel: string;
};

/** How a virtual machine is had. */
export interface VirtualMachineOptions {
  /** Ends it when it is aborted. */
  readonly signal?: AbortSignal;
}

/** The events of a virtual machine, and what they come with. */
export interface VirtualMachineEvents {
  /** The guest runs. */
  running: [];
  /** The virtual machine has ended. */
  exit: [reason: ExitReason];
  /** A line that crosvm says to people: warnings, errors. */
  log: [line: string];
}

/**
 * A virtual machine, in a process of its own: it neither blocks nor can it harm this program, which may
 * have many of them. It ends with this program, however that ends.
 *
 *     await using vm = new VirtualMachine({ kernel: 'vmlinux', mem: 512 });
 *     await vm.start();
 *     await vm.console.expect('login: ');
 */
export class VirtualMachine extends EventEmitter<VirtualMachineEvents> implements AsyncDisposable {
  /** Why it ended, once it has. */
  readonly exited: Promise<ExitReason>;
  readonly #args: readonly string[];
  readonly #signal: AbortSignal | undefined;
  readonly #error = new LastError();
  #setExited: (reason: ExitReason) => void = () => undefined;
  #process: VmProcess | undefined;
  #console: VmConsole | undefined;
  #directory: string | undefined;
  #client: Promise<ControlClient> | undefined;
  #isRunning = false;
  #stopping = false;
  #ended: ExitReason | undefined;

  /** @throws ConfigError if `crosvm run` would refuse the configuration */
  constructor(config: VirtualMachineConfig, options: VirtualMachineOptions = {}) {
    super();
    this.exited = new Promise((resolve) => (this.#setExited = resolve));
    this.#args = commandLine(config);
    this.#signal = options.signal;
  }

  /**
   * Starts it, and returns when the guest runs.
   * @throws StartError if it cannot be started
   * @throws what the signal says, if it is aborted
   */
  async start(): Promise<void> {
    if (this.#process !== undefined) {
      throw new VirtualMachineError('WRONG_STATE', 'this virtual machine was started before');
    }
    this.#signal?.throwIfAborted();
    const running = new Promise<boolean>((resolve) => {
      this.once('running', () => resolve(true));
      void this.exited.then(() => resolve(false));
    });
    this.#begin();
    if (!(await running)) {
      this.#signal?.throwIfAborted();
      throw this.#startError();
    }
  }

  /** The process of the VMM; undefined before it is started. */
  get pid(): number | undefined {
    return this.#process?.child.pid;
  }

  /** The guest's console: a stream, and `expect`. */
  get console(): VmConsole {
    if (this.#console === undefined) {
      throw new VirtualMachineError('WRONG_STATE', 'this virtual machine was not started');
    }
    return this.#console;
  }

  /** What it is and how it does. */
  status(): Promise<VmStatus> {
    return this.#control((client) => client.status());
  }

  /** What its virtual CPUs and its devices have done since the guest was started. */
  async metrics(): Promise<VmMetrics> {
    return metricsOf(await this.#control((client) => client.status()));
  }

  /** Stops the guest and its devices where they are. */
  suspend(): Promise<void> {
    return this.#control((client) => client.suspend());
  }

  /** Lets them go on. */
  resume(): Promise<void> {
    return this.#control((client) => client.resume());
  }

  /** Presses the power button: the guest is asked to switch off, and does so when it likes. */
  powerButton(): Promise<void> {
    return this.#control((client) => client.powerButton());
  }

  /** Asks the guest to do without that many bytes of its memory. */
  balloon(bytes: number): Promise<BalloonState> {
    return this.#control((client) => client.call('balloon', { bytes }));
  }

  /** How far the balloon has come, and what the guest says of its memory. */
  balloonStats(): Promise<BalloonStatistics> {
    return this.#control((client) => client.call('balloonStats', {}));
  }

  /**
   * Changes the size of a disk, and tells the guest.
   * @param index of the disk, in the order of the configuration, from 0 on
   */
  async resizeDisk(index: number, bytes: number, options = { shrink: false }): Promise<void> {
    const { shrink } = options;
    await this.#control((client) => client.call('resizeDisk', { index, bytes, shrink }));
  }

  /**
   * Ends it in order, without asking the guest; it is killed if it has not ended by then.
   * @returns why it ended, which may be something that came before
   */
  async stop(options: { readonly timeoutMs?: number } = {}): Promise<ExitReason> {
    const child = this.#process?.child;
    if (child === undefined) {
      throw new VirtualMachineError('WRONG_STATE', 'this virtual machine was not started');
    }
    this.#stopping = true;
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), options.timeoutMs ?? DEFAULT_STOP_MS);
    try {
      return await this.exited;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends it, if it has not ended, and leaves nothing behind. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process !== undefined && this.#ended === undefined) {
      await this.stop();
    }
  }

  #begin(): void {
    // Nobody else may use its socket, whatever the umask is.
    const directory = mkdtempSync(join(tmpdir(), 'crosvm-vm-'));
    this.#directory = directory;
    let last: OwnerMessage & { event: 'ended' } = { event: 'ended', kind: '' };
    const started = startVmProcess(
      // The last one counts, but for a configuration that has one itself.
      this.#args.some((argument) => argument.startsWith('--socket='))
        ? this.#args
        : [`--socket=${this.#socketPath}`, ...this.#args],
      {
        onMessage: (message) => {
          if (message.event === 'running') {
            this.#isRunning = true;
            this.emit('running');
          } else {
            last = message;
          }
        },
        onLog: (line) => {
          this.#error.add(line);
          this.emit('log', line);
        },
      },
    );
    const { child } = started;
    this.#process = started;
    this.#console = new VmConsole(child.stdout, child.stdin);
    const onAbort = (): void => void this.stop();
    this.#signal?.addEventListener('abort', onAbort, { once: true });
    child.once('error', (error) => this.#error.add(`crosvm: ${error.message}`));
    // All that it said has come when this does, but for what nobody reads of the console.
    const whole = new Promise<void>((resolve) => child.stderr.once('close', () => resolve()));
    child.once('exit', (status, signal) => {
      void whole.then(() => {
        this.#signal?.removeEventListener('abort', onAbort);
        this.#end(this.#reason(last, status, signal));
      });
    });
  }

  get #socketPath(): string {
    const own = this.#args.find((argument) => argument.startsWith('--socket='));
    return own?.slice('--socket='.length) ?? join(this.#directory ?? '', 'control.sock');
  }

  #reason(
    { kind, detail }: OwnerMessage & { event: 'ended' },
    status: number | null,
    signal: NodeJS.Signals | null,
  ): ExitReason {
    if (signal !== null) {
      return this.#stopping ? { kind: 'stopped' } : { kind: 'killed', signal };
    }
    switch (kind) {
      case 'poweroff':
      case 'reset':
      case 'panic':
      case 'stopped':
        return { kind };
      case 'signal':
        return { kind: 'stopped' };
      case 'crash':
        return { kind, detail: detail ?? '' };
      default: {
        const text = this.#error.message ?? this.#error.text;
        return { kind: 'failed', detail: detail ?? text, status: status ?? EXIT_USAGE };
      }
    }
  }

  #end(reason: ExitReason): void {
    this.#ended = reason;
    this.#process?.owner.destroy();
    void this.#client?.then((client) => client.close()).catch(() => undefined);
    if (this.#directory !== undefined) {
      rmSync(this.#directory, { recursive: true, force: true });
    }
    this.#setExited(reason);
    this.emit('exit', reason);
  }

  #startError(): VirtualMachineError {
    const { message, hint, text } = this.#error;
    const reason = this.#ended;
    const isUsage = reason?.kind === 'failed' && reason.status === EXIT_USAGE;
    const said = message ?? (text === '' ? 'it ended before the guest ran' : text);
    return isUsage ? new ConfigError(said, hint) : new StartError(said, hint);
  }

  async #control<Result>(what: (client: ControlClient) => Promise<Result>): Promise<Result> {
    if (!this.#isRunning || this.#ended !== undefined) {
      throw new VirtualMachineError('WRONG_STATE', 'this virtual machine does not run');
    }
    try {
      this.#client ??= ControlClient.connect(this.#socketPath);
      return await what(await this.#client);
    } catch (error) {
      throw new ControlFailedError(error);
    }
  }
}
