import type { DeviceCommand, DeviceDescription } from '@crosvm/devices';
import { ownFilters, verifyLockedDown } from '@crosvm/io-jail';
import {
  type FdSocket,
  type Logger,
  type LogRecord,
  MessageTruncatedError,
  type OwnedFd,
  type Poller,
  RateLimited,
  type Received,
  SysError,
} from '@crosvm/sys-util';
import type { DeviceStatus } from '@crosvm/vm-control';

import { CallWatch, forbiddenCallText } from './call-watch';
import { HostChannel } from './host-channel';
import { decodeMessage, encodeMessage, type HostRequest } from './host-messages';
import { HostQuestions } from './host-questions';
import type { StartedHost } from './host-start';
import { aborted, within } from './within';

/** How long a host that was killed may take to be gone: more than the kernel ever needs. */
const KILL_MS = 1000;

/** How often a host whose output waits for its reader is asked whether it is still well. */
const ASK_AGAIN_MS = 1000;

/** Messages of a host that are logged in ten seconds; what guests provoke is limited in the host. */
const MAX_MESSAGES = 100;

/** How long hosts may take to end once the guest has stopped. */
export interface Patience {
  /** To finish what is in flight, and to say so. */
  readonly hostMs: number;
  /** Aborted when the VM is to be gone; until then output may take as long as its reader likes. */
  readonly hurry: AbortSignal;
  /** What output may take from then on. */
  readonly hurriedOutputMs: number;
}

/** The filters of a host besides those that this process was born with: the zygote's, and its own. */
const HOST_FILTERS = 2;

/** What a link is made of. */
export interface HostLinkParts {
  /** For messages, such as `the device host of disk vda`. */
  readonly part: string;
  /** The names of its devices, one at least. */
  readonly names: readonly string[];
  /** Whether it passes on output of the guest, which whoever reads it may take slowly. */
  readonly hasOutput: boolean;
  /** The supervisor's end; taken over. */
  readonly control: FdSocket;
  readonly host: StartedHost;
  /** Whether it shuts its jail before it serves anything. */
  readonly isJailed: boolean;
  /** Whether calls that the host's policy forbids are only logged. */
  readonly logForbidden: boolean;
  /** Takes each call of the host; it is made then, whatever the policy says. */
  readonly recordCall?: (call: string) => void;
}

/** What a host says when it has done what it was told to do. */
type HostDone = 'suspended' | 'resumed' | 'finished';

/** What a link reports. */
export interface HostLinkEvents {
  /** The host failed or ended, and was not told to, or it never came to serve its devices. */
  readonly onFailure: (cause: Error) => void;
  readonly log: Logger;
}

/** The supervisor's end of a device host: what it says and when it ends. */
export class HostLink {
  readonly #parts: HostLinkParts;
  readonly #events: HostLinkEvents;
  readonly #limit: RateLimited;
  readonly #ended: Promise<void>;
  readonly #questions = new HostQuestions();
  /** When its jail is shut and was looked at, or it has ended. Never rejects. */
  readonly shut: Promise<void>;
  #setShut: () => void = () => undefined;
  readonly #channel: HostChannel;
  #poller: Poller | undefined;
  #watch: CallWatch | undefined;
  #isAwaited = false;
  /** Called when it says that it has done what it was told to do. */
  #done: (what: HostDone) => void = () => undefined;
  /** Called when it says what a device of the user's own is, by the device's name. */
  readonly #described = new Map<string, (description: DeviceDescription) => void>();
  #failure: Error | undefined;
  #stopping = false;
  /** Its jail is shut, and it serves its devices. */
  #isShut = false;
  #killed = false;
  /** It has said that nothing is in flight any more. */
  #isFinished = false;
  /** Its process, while it has one of its own. */
  #pid: number | undefined;

  constructor(parts: HostLinkParts, events: HostLinkEvents) {
    this.#parts = parts;
    this.#events = events;
    this.#channel = new HostChannel(parts.control, { isLimited: true });
    this.#limit = new RateLimited(events.log, { messages: MAX_MESSAGES });
    this.#ended = parts.host.ended.then((failure) => this.#hostEnded(failure));
    void parts.host.pid.then((pid) => (this.#pid = pid));
    const isShut = new Promise<void>((resolve) => (this.#setShut = resolve));
    this.shut = Promise.race([isShut, this.#ended]);
  }

  /** Begins to listen. */
  attach(poller: Poller): void {
    this.#poller = poller;
    this.#channel.attach(poller, () => this.#receive());
  }

  /** Its devices, and its process. */
  get devices(): readonly DeviceStatus[] {
    return this.#parts.names.map((name) => ({ name, pid: this.#pid ?? null }));
  }

  /** Its devices, if it has not done what it was told to do last. */
  get awaited(): readonly string[] {
    return this.#isAwaited ? this.#parts.names : [];
  }

  /** Tells the host something. One that is gone hears nothing: its end is reported. */
  send(request: HostRequest, fds: readonly number[] = []): void {
    this.#channel.send(encodeMessage(request), fds);
  }

  /** Whether it serves the device of that name. */
  serves(device: string): boolean {
    return this.#parts.names.includes(device);
  }

  /** The process of the host, once it is there; undefined if it is a thread, or has ended. */
  get pid(): Promise<number | undefined> {
    return this.#parts.host.pid.then(() => this.#pid);
  }

  /**
   * Has one of its devices do something. What it answers is not to be trusted.
   * @throws DeviceError if it does not answer in that time, or cannot do that
   */
  command(device: string, command: DeviceCommand, timeoutMs: number): Promise<unknown> {
    return this.#questions.ask(
      (id) => this.send({ kind: 'command', id, device, command }),
      timeoutMs,
    );
  }

  /**
   * Has the host load a device of the user's own, and gives what it is. If that fails the host fails, and
   * there is no answer.
   * @param text stays the caller's
   */
  load(request: HostRequest & { kind: 'module' }, text: number): Promise<DeviceDescription> {
    return new Promise((resolve) => {
      this.#described.set(request.name, resolve);
      this.send(request, [text]);
    });
  }

  /** The VM has ended: what fails from now on is not why. */
  vmEnded(): void {
    this.#stopping = true;
    this.#questions.over();
  }

  /**
   * Has the host serve nothing until `resume`; resolved when nothing is in flight. A host that ends
   * before it answers ends the VM.
   */
  suspend(): Promise<void> {
    return this.#tell('suspend', 'suspended');
  }

  /** Has the host go on; resolved when it does. */
  resume(): Promise<void> {
    return this.#tell('resume', 'resumed');
  }

  /**
   * Lets the host finish what it is doing and pass on the guest's output, and waits until it has ended.
   * Output that nobody reads in a hurry is given up. A host that does not answer is killed, or given up
   * where that is not in our power.
   */
  async stop(patience: Patience): Promise<void> {
    const { part, host } = this.#parts;
    this.vmEnded();
    if (!(await this.#endsInOrder(patience))) {
      this.#killed = true;
      const isKilled = host.kill();
      this.#events.log.warn(`${part} does not end, and is ${isKilled ? 'killed' : 'given up'}`);
      if (!isKilled || !(await within(KILL_MS, this.#ended))) {
        host.abandon();
      }
    }
    this.#hangUp();
  }

  /** False if it does not end. */
  async #endsInOrder({ hostMs, hurry, hurriedOutputMs }: Patience): Promise<boolean> {
    const { hasOutput } = this.#parts;
    const hurried = hasOutput ? aborted(hurry) : this.#ended;
    do {
      if (!(await within(hostMs, Promise.race([this.#ended, this.#asked()])))) {
        return false;
      }
      // It is well, and waits for whoever reads the output.
    } while (
      hasOutput &&
      !hurry.aborted &&
      !(await within(ASK_AGAIN_MS, Promise.race([this.#ended, hurried])))
    );
    if (await within(hasOutput && hurry.aborted ? hurriedOutputMs : hostMs, this.#ended)) {
      return true;
    }
    this.#hangUp();
    return within(hostMs, this.#ended);
  }

  /** Tells the host to end; resolved when it has nothing left to do but to pass on output. */
  async #asked(): Promise<void> {
    await this.#tell('drain', 'finished');
  }

  async #tell(kind: 'suspend' | 'resume' | 'drain', answer: HostDone): Promise<void> {
    const done = new Promise<void>((resolve) => {
      this.#done = (what) => {
        if (what === answer) {
          resolve();
        }
      };
    });
    this.#isAwaited = true;
    this.send({ kind });
    await done;
    this.#isAwaited = false;
  }

  #hangUp(): void {
    this.#watch?.[Symbol.dispose]();
    this.#channel[Symbol.dispose]();
  }

  /** Takes one message; false if there is none. */
  #receive(): boolean {
    const received = this.#next();
    if (received === 'closed') {
      this.#channel.detach();
    }
    if (typeof received === 'string') {
      return false;
    }
    const message = decodeMessage(received.bytes);
    if (message?.kind === 'locked') {
      void this.#locked(received.fds);
      return true;
    }
    received.fds.forEach((fd) => fd.close());
    this.#isFinished ||= message?.kind === 'finished';
    if (
      message?.kind === 'finished' ||
      message?.kind === 'suspended' ||
      message?.kind === 'resumed'
    ) {
      this.#done(message.kind);
    } else if (message?.kind === 'answer') {
      this.#questions.answered(message.id, message.answer);
    } else if (message?.kind === 'failed') {
      this.#failure ??= Object.assign(new Error(message.message), { stack: message.stack });
    } else if (message?.kind === 'described') {
      this.#described.get(message.name)?.(message.description);
    } else if (message?.kind === 'log') {
      this.#log(message.record);
    }
    return true;
  }

  #next(): Received {
    try {
      return this.#channel.receive();
    } catch (error) {
      if (error instanceof SysError || error instanceof MessageTruncatedError) {
        // None of ours says such a thing, so nothing else that it says matters.
        return 'closed';
      }
      throw error;
    }
  }

  /** The host's jail is shut: looks whether that is so, and listens to what happens in it. */
  async #locked([listener]: readonly OwnedFd[]): Promise<void> {
    const { host, logForbidden, recordCall } = this.#parts;
    if (listener !== undefined && this.#watch === undefined && this.#poller !== undefined) {
      this.#watch = new CallWatch(listener, this.#poller, (call, count) => {
        if (recordCall !== undefined) {
          recordCall(call);
          return 'made';
        }
        if (logForbidden) {
          this.#logForbidden(call, count);
          return 'made';
        }
        // V8 says why it gives up, before it does what is forbidden.
        const said = host.said?.() ?? '';
        const last = said === '' ? '' : `; it said: ${said}`;
        this.#fail(new Error(`it made a system call that its policy forbids: ${call}${last}`));
        return 'kept waiting';
      });
    } else {
      listener?.close();
    }
    const pid = await host.pid;
    if (pid === undefined) {
      // It has ended, as will be heard.
      return;
    }
    try {
      verifyLockedDown(pid, ownFilters() + HOST_FILTERS);
      this.#isShut = true;
      this.#setShut();
    } catch (error) {
      this.#notVerified(error);
    }
  }

  /** Nobody knows whether it is locked down, for whatever reason: then it does not run. */
  #notVerified(error: unknown): void {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') {
      // It has ended, and how is more to the point.
      this.#parts.host.kill();
    } else {
      this.#fail(new Error('it is not known to be locked down', { cause: error }));
    }
  }

  /** The host is not to be trusted any more. */
  #fail(failure: Error): void {
    this.#failure ??= failure;
    this.#parts.host.kill();
  }

  #logForbidden(call: string, count: number): void {
    const text = forbiddenCallText(this.#parts.part, call, count);
    if (text !== undefined) {
      this.#events.log.warn(text);
    }
  }

  #log({ level, component, message }: LogRecord): void {
    const { names } = this.#parts;
    // A host speaks for its own devices.
    const name = names.find((each) => each === component) ?? names.join(', ');
    if (this.#limit.allows()) {
      this.#events.log.component(name)[level](message);
    }
  }

  #hostEnded(how: Error | undefined): void {
    while (this.#receive()) {
      // What it said last.
    }
    this.#pid = undefined;
    this.#questions.over();
    const isInOrder = this.#stopping && this.#isFinished;
    const failure = this.#failure ?? how ?? (isInOrder ? undefined : new Error('it ended'));
    if (failure === undefined) {
      return;
    }
    const neverServed = this.#parts.isJailed && !this.#isShut && !this.#killed;
    if (!this.#stopping || neverServed) {
      this.#events.onFailure(failure);
    } else if (!this.#killed) {
      this.#events.log.warn(`${this.#parts.part} did not end well: ${failure.message}`);
    }
  }
}
