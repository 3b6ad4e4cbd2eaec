import { connect, type Socket } from 'node:net';

import { safeParse } from 'valibot';

import { LineReader } from '../protocol/line-reader';
import { answerSchema, MAX_ANSWER } from '../protocol/messages';
import type { MethodName, Params, Result } from '../protocol/methods';
import { PROTOCOL_VERSION } from '../protocol/version';
import { ControlError } from './control-error';
import { errorOfConnect } from './errors';
import { PendingCalls } from './pending-calls';

const DEFAULT_TIMEOUT_MS = 30_000;

/** How long a call may take. */
export interface CallOptions {
  /** Milliseconds until it is given up; default what the client has, which is 30 seconds. */
  readonly timeoutMs?: number;
}

function open(path: string, timeoutMs: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new ControlError('TIMEOUT', `no connection to ${path} within ${timeoutMs} ms`));
    }, timeoutMs);
    const onError = (cause: Error): void => {
      clearTimeout(timer);
      reject(errorOfConnect(path, cause));
    };
    socket.once('error', onError);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.off('error', onError);
      resolve(socket);
    });
  });
}

/**
 * A connection to the control socket of a VM. Calls may be made at any time, also before the answers to
 * others have come.
 */
export class ControlClient implements Disposable {
  readonly #socket: Socket;
  readonly #timeoutMs: number;
  readonly #calls = new PendingCalls();
  readonly #lines = new LineReader(MAX_ANSWER);
  /** Why there will be no more answers. */
  #end: ControlError | undefined;
  /** Resolved when the connection has ended: at the latest when the VMM is gone. */
  readonly closed: Promise<void>;

  private constructor(
    /** The path of the socket. */
    readonly path: string,
    socket: Socket,
    timeoutMs: number,
  ) {
    this.#socket = socket;
    this.#timeoutMs = timeoutMs;
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.#fail(new ControlError('CLOSED', `the VM at ${path} closed the connection`));
        resolve();
      });
    });
    socket.on('error', () => socket.destroy());
    socket.on('data', (bytes) => this.#receive(bytes));
  }

  /**
   * Connects to the socket of a VM, and sees whether it speaks this protocol.
   * @throws ControlError NO_SOCKET, NOT_LISTENING, NOT_PERMITTED, TIMEOUT, INCOMPATIBLE
   */
  static async connect(path: string, options: CallOptions = {}): Promise<ControlClient> {
    const { timeoutMs = DEFAULT_TIMEOUT_MS } = options;
    const client = new ControlClient(path, await open(path, timeoutMs), timeoutMs);
    try {
      const { protocol } = await client.call('version', {});
      if (protocol.major !== PROTOCOL_VERSION.major) {
        throw new ControlError(
          'INCOMPATIBLE',
          `the VM at ${path} speaks version ${protocol.major} of the protocol, and this is version ${PROTOCOL_VERSION.major}`,
          { hint: 'use the crosvm that the VM was started by' },
        );
      }
      return client;
    } catch (error) {
      client.close();
      throw error;
    }
  }

  /**
   * Calls a method.
   * @throws ControlError
   */
  async call<Name extends MethodName>(
    method: Name,
    params: Params<Name>,
    options: CallOptions = {},
  ): Promise<Result<Name>> {
    if (this.#end !== undefined) {
      throw this.#end;
    }
    const { id, result } = this.#calls.add(method, options.timeoutMs ?? this.#timeoutMs);
    this.#socket.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
    return result;
  }

  /** What the VM is and how it does. */
  status(options?: CallOptions): Promise<Result<'status'>> {
    return this.call('status', {}, options);
  }

  /** Presses the power button: the guest is asked to switch off, and does so when it likes. */
  async powerButton(options?: CallOptions): Promise<void> {
    await this.call('powerButton', {}, options);
  }

  /** Stops the guest and its devices where they are. Of a VM that is suspended nothing more is asked. */
  async suspend(options?: CallOptions): Promise<void> {
    await this.call('suspend', {}, options);
  }

  /** Lets a VM that is suspended go on. */
  async resume(options?: CallOptions): Promise<void> {
    await this.call('resume', {}, options);
  }

  /**
   * Ends the VM in order, without asking the guest, and waits until it is gone.
   * @throws ControlError TIMEOUT if it is not by then
   */
  async stop(options: CallOptions = {}): Promise<void> {
    const { timeoutMs = this.#timeoutMs } = options;
    const begin = performance.now();
    await this.call('stop', {}, options);
    const left = Math.max(0, timeoutMs - (performance.now() - begin));
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new ControlError('TIMEOUT', `the VM has not ended within ${timeoutMs} ms`));
      }, left);
    });
    try {
      await Promise.race([this.closed, timeout]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends the connection. Calls under way are rejected; what they ask for may be done all the same. */
  close(): void {
    this.#fail(new ControlError('CLOSED', 'the connection was closed'));
    this.#socket.destroy();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #receive(bytes: Buffer): void {
    this.#lines.push(bytes);
    for (let line = this.#lines.next(); line !== undefined; line = this.#lines.next()) {
      try {
        this.#take(line === 'too long' ? undefined : line.bytes);
      } catch (error) {
        this.#fail(error instanceof ControlError ? error : this.#noSense(error));
        this.#socket.destroy();
        return;
      }
    }
  }

  #take(line: Buffer | undefined): void {
    const parsed = safeParse(answerSchema, line && JSON.parse(line.toString()));
    if (!parsed.success) {
      throw this.#noSense(undefined);
    }
    const { output } = parsed;
    (Array.isArray(output) ? output : [output]).forEach((answer) => this.#calls.settle(answer));
  }

  #noSense(cause: unknown): ControlError {
    return new ControlError('INTERNAL', `what the VM at ${this.path} says makes no sense`, {
      cause,
    });
  }

  #fail(error: ControlError): void {
    this.#end ??= error;
    this.#calls.rejectAll(this.#end);
  }
}
