import { EventFd, Mapping, PollLoop, SharedMemory } from '@crosvm/sys-util';

import { SerialBackEnd, type SerialBackEndConfig } from '../serial/back-end';
import { SERIAL_PAGE_SIZE, SerialPage } from '../serial/page';

/** Far longer than anything here takes, on the busiest machine. */
const PATIENCE_MS = 5000;

/** Enough for the pieces in which a test's input comes. */
const TURNS = 20;

/** A serial back end on a loop, with the test in the place of the front end. */
export class SerialRig implements Disposable {
  readonly loop = new PollLoop();
  readonly memory = SharedMemory.create('serial-test', SERIAL_PAGE_SIZE);
  readonly kick = EventFd.create();
  readonly irq = EventFd.create();
  readonly page = new SerialPage(
    Mapping.ofFd(this.memory.fd.raw, { size: SERIAL_PAGE_SIZE }).bytes,
  );
  readonly problems: string[] = [];
  readonly backEnd: SerialBackEnd;

  constructor(config: Pick<SerialBackEndConfig, 'sink' | 'inputFd'>) {
    this.backEnd = new SerialBackEnd({
      pageFd: this.memory.fd.raw,
      kickFd: this.kick.raw,
      irqFd: this.irq.raw,
      onProblem: (message) => this.problems.push(message),
      ...config,
    });
    this.backEnd.attach(this.loop);
  }

  /** What a front end does when the guest writes. */
  send(text: string): void {
    Buffer.from(text).forEach((byte) => this.page.tx.push(byte));
    if (this.page.txSleeping.take()) {
      this.kick.signal();
    }
  }

  /** What a front end does when the guest reads all there is. */
  receive(): string {
    const bytes = Array.from({ length: this.page.rx.used }, () => this.page.rx.pop());
    if (this.page.rxStalled.take()) {
      this.kick.signal();
    }
    return Buffer.from(bytes).toString();
  }

  /** Serves until the input is read as far as it goes, and all output is sent and followed by rest. */
  settle(): void {
    const deadline = performance.now() + PATIENCE_MS;
    do {
      for (let turn = 0; turn < TURNS; turn += 1) {
        this.loop.runOnce(0);
      }
      this.loop.runOnce(1);
    } while (!this.asleep && performance.now() < deadline);
  }

  get asleep(): boolean {
    return this.page.txSleeping.raised && this.page.tx.used === 0;
  }

  serveFor(ms: number): void {
    const end = performance.now() + ms;
    for (let left = ms; left > 0; left = end - performance.now()) {
      this.loop.runOnce(Math.ceil(left));
    }
  }

  [Symbol.dispose](): void {
    this.backEnd[Symbol.dispose]();
    this.loop[Symbol.dispose]();
    this.kick[Symbol.dispose]();
    this.irq[Symbol.dispose]();
    this.memory[Symbol.dispose]();
  }
}
